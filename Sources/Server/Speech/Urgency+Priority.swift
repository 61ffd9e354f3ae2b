import Tutti

extension Urgency {
    init(_ priority: GenerationRequest.Priority) { self = priority == .interactive ? .live : .batch }
}
