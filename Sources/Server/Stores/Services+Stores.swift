// The stores of a project: no route reaches an object but through one.
extension Services {
    func chatCompletions(of project: Project) -> ChatCompletionStore {
        ChatCompletionStore(database: database, project: project)
    }

    func spokenAnswers(of project: Project) -> SpokenAnswerStore {
        SpokenAnswerStore(database: database, project: project)
    }

    func conversations(of project: Project) -> ConversationStore {
        ConversationStore(database: database, project: project)
    }

    func responses(of project: Project) -> ResponseStore { ResponseStore(database: database, project: project) }

    func files(of project: Project) -> FileStore {
        FileStore(database: database, contents: contents, project: project)
    }

    func uploads(of project: Project) -> UploadStore { UploadStore(files: files(of: project)) }

    func batches(of project: Project) -> BatchStore { BatchStore(database: database, project: project) }
}
