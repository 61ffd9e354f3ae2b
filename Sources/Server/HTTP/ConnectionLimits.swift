/// What a connection may take of time.
package struct ConnectionLimits: Sendable {
    /// For the head of its first request.
    var headSeconds: Int
    /// For taking what was written to it.
    var stallSeconds: Int
    /// For a body: so much, and a second more for so many bytes.
    var bodySeconds: Int
    var bodyBytesPerSecond = 8192
    /// The longest body that is asked for with `100 Continue`.
    var maximumBodyByteCount: Int

    package init(_ settings: ServerSettings) {
        headSeconds = settings.headSeconds
        bodySeconds = settings.bodySeconds
        stallSeconds = settings.stallSeconds
        maximumBodyByteCount = max(settings.maximumBodyByteCount, settings.maximumUploadByteCount)
    }

    /// Whether a body that began `seconds` ago and has `byteCount` bytes so far comes too slowly to be honest.
    package func isTooSlow(byteCount: Int, seconds: Int) -> Bool {
        seconds > bodySeconds + byteCount / bodyBytesPerSecond
    }
}
