import Foundation
import TestSupport
import TuttiCheckpoints

/// Files of the speech models in the store, which `make test` fetches.
enum SpeechWeights {
    /// A file of a model of the catalog.
    static func path(_ model: String, _ file: String) throws -> String {
        let location = try TestModel.path(model)
        // A model of several files is a folder; the store's paths do not end with a slash.
        let isFolder = try location.resourceValues(forKeys: [.isDirectoryKey]).isDirectory ?? false
        let folder = isFolder ? location : location.deletingLastPathComponent()
        return folder.appending(path: file).path
    }
}
