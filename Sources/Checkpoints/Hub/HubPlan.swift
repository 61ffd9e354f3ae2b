internal import Foundation

/// What a pull from the hub fetches; noted in its staging folder, so that it is known what is missing without the network.
struct HubPlan: Codable, Equatable {
    /// A file of the plan, with all that is needed to fetch and check it.
    struct File: Codable, Equatable {
        /// Where it lies in the repository.
        let path: String
        /// Where it will lie in the model's folder.
        let place: String
        let byteCount: Int
        let digest: HubDigest
    }

    let origin: HubOrigin
    let files: [File]

    static let fileName = "plan.json"

    init(origin: HubOrigin, files: [File]) { (self.origin, self.files) = (origin, files) }

    /// The plan in a staging folder; nil if there is none that can be read, or one of another model.
    init?(in folder: URL) {
        let file = folder.appending(path: Self.fileName)
        guard let byteCount = SystemFile.byteCount(file.path), byteCount <= 1 << 24,
            let json = try? Data(contentsOf: file), let plan = try? JSONDecoder().decode(HubPlan.self, from: json),
            HubReference.isRepository(plan.origin.repository), HubReference.isRevision(plan.origin.revision),
            plan.origin.reference.folderName == folder.lastPathComponent
        else { return nil }
        self = plan
    }
}
