import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches one connection: notices when its client leaves, and closes it when it is too slow to send or to take.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private let presence = ClientPresence()
    private var head: Scheduled<Void>?
    private var body: Scheduled<Void>?
    private var stall: Scheduled<Void>?
    private var bodyStart = NIODeadline.now()
    private var bodyByteCount = 0
    private var closesAfterAnswer = false
    private var isWatching = false

    init(_ limits: ConnectionLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !isWatching else { return }
        isWatching = true
        ConnectionRegister.shared.add(context.channel, presence)
        head = after(.seconds(Int64(limits.headSeconds)), context) { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(context) }

    private func end(_ context: ChannelHandlerContext) {
        for task in [head, body, stall] { task?.cancel() }
        (head, body, stall) = (nil, nil, nil)
        ConnectionRegister.shared.remove(context.channel)
        presence.leave()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { presence.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let request):
            head?.cancel()
            head = nil
            (bodyStart, bodyByteCount) = (.now(), 0)
            body?.cancel()
            checkBody(context)
            invite(request, context)
        case .body(let bytes):
            bodyByteCount += bytes.readableBytes
        case .end:
            body?.cancel()
            body = nil
        }
        context.fireChannelRead(data)
    }

    /// Looks now and then whether a body comes fast enough.
    private func checkBody(_ context: ChannelHandlerContext) {
        body = after(.seconds(Int64(min(5, limits.bodySeconds))), context) { [self] in
            let seconds = Int((NIODeadline.now() - bodyStart).nanoseconds / 1_000_000_000)
            if limits.isTooSlow(byteCount: bodyByteCount, seconds: seconds) {
                context.close(promise: nil)
            } else {
                checkBody(context)
            }
        }
    }

    /// A client that asks first whether it may send its body is told to go on, unless it is too long.
    private func invite(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        guard request.headerFields[.expect]?.lowercased() == "100-continue",
            let length = request.headerFields[.contentLength].flatMap({ Int($0) }),
            length <= limits.maximumBodyByteCount
        else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable {
            stall = after(.seconds(Int64(limits.stallSeconds)), context) { context.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let response) where response.status.code >= 200:
            closesAfterAnswer = response.headerFields[.connection]?.lowercased() == "close"
        case .end where closesAfterAnswer:
            let done = promise ?? context.eventLoop.makePromise(of: Void.self)
            done.futureResult.assumeIsolated().whenComplete { [self] _ in linger(context) }
            context.writeAndFlush(data, promise: done)
            return
        default: break
        }
        context.write(data, promise: promise)
    }

    /// Closes this end first: a client that is still sending would lose the answer if both ends closed at once.
    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        head = after(.seconds(2), context) { context.close(promise: nil) }
    }

    private func after(
        _ time: TimeAmount, _ context: ChannelHandlerContext, _ work: @escaping () -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) { work() }
    }
}

@available(*, unavailable)
extension ConnectionWatch: Sendable {}
