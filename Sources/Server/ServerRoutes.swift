/// The parts of the API, in the order in which the reference tells of them.
enum ServerRoutes {
    static let parts: [any Routes.Type] = [
        ModelRoutes.self,
        ChatRoutes.self,
        CompletionRoutes.self,
        EmbeddingRoutes.self,
        AudioRoutes.self,
        ResponseRoutes.self,
        ConversationRoutes.self,
        FileRoutes.self,
        UploadRoutes.self,
        BatchRoutes.self,
        NotOfferedRoutes.self,
    ]
}
