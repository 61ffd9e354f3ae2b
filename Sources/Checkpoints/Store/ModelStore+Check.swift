internal import Foundation

/// A program that pulls run, and whether it is there.
public struct ToolCheck: Sendable, Equatable {
    public let name: String
    /// Where it is; nil where it is missing or does not work.
    public let path: String?
    /// The command that installs it.
    public let install: String
}

/// How a model of the store, or one that ought to be, is.
public struct ModelCheck: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// Complete by its size; `isVerified` if its SHA-256 was compared too.
        case whole(isVerified: Bool)
        /// An interrupted pull left a part of it.
        case partial
        /// There, but not what it ought to be; the text says how.
        case damaged(String)
    }

    public let name: String
    public let state: State
    public let byteCount: Int

    /// The command that mends it; nil where nothing has to be mended.
    public var remedy: String? {
        switch state {
        case .whole: nil
        case .partial: "tutti pull \(name)"
        case .damaged: "tutti rm \(name) && tutti pull \(name)"
        }
    }
}

extension ModelStore {
    /// The programs that a pull needs.
    public func checkTools() async -> [ToolCheck] {
        #if os(macOS)
            let install = (python: "brew install python", pip: "python3 -m ensurepip", unzip: "brew install unzip")
        #else
            let install = (
                python: "sudo apt-get install python3", pip: "sudo apt-get install python3-pip",
                unzip: "sudo apt-get install unzip"
            )
        #endif
        let python = ChildProcess.find("python3", environment)
        var pip: String?
        if let python {
            let outcome = try? await ChildProcess.run(
                python, ["-m", "pip", "--version"], environment: environment, folder: URL(filePath: "/"))
            if outcome?.status == 0 { pip = "\(python) -m pip" }
        }
        return [
            ToolCheck(name: "python3", path: python, install: install.python),
            ToolCheck(name: "pip", path: pip, install: install.pip),
            ToolCheck(name: "unzip", path: ChildProcess.find("unzip", environment), install: install.unzip),
        ]
    }

    /// Every model in the store, whole or not.
    /// - Parameter verifies: Whether the SHA-256 of those that the catalog knows is computed: a second for 500 MB.
    public func checkModels(verifies: Bool) async throws -> [ModelCheck] {
        var checks: [ModelCheck] = []
        let whole = list()
        for model in whole {
            var state = ModelCheck.State.whole(isVerified: false)
            if verifies, !model.files.isEmpty { state = try await verify(model) }
            checks.append(ModelCheck(name: model.name, state: state, byteCount: model.byteCount))
        }
        func names(in folder: URL) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
                .filter { name in !name.hasPrefix(".") && !name.hasSuffix(".lock") && stored(name) == nil }
        }
        for name in names(in: models) {
            let folder = folder(of: name), receipt = Receipt(in: folder)
            let reason =
                if receipt?.origin != nil { "it is not what its receipt says" } else if catalog[name] != nil {
                    "its files are not the catalog's"
                } else { "it holds no single model" }
            checks.append(
                ModelCheck(
                    name: receipt?.origin?.reference.description ?? name, state: .damaged(reason),
                    byteCount: Self.byteCount(of: folder)))
        }
        for name in names(in: downloads) where !checks.contains(where: { $0.name == name }) {
            let folder = downloads.appending(path: name), plan = HubPlan(in: folder)
            guard let title = plan?.origin.reference.description ?? catalog[name]?.name else { continue }
            checks.append(ModelCheck(name: title, state: .partial, byteCount: Self.byteCount(of: folder)))
        }
        return checks
    }

    /// Compares the SHA-256 of every file of a model.
    private func verify(_ model: StoredModel) async throws -> ModelCheck.State {
        // The folder of the files: they may lie in folders of it.
        let folder = folder(of: model.origin?.reference.folderName ?? model.name)
        for file in model.files {
            let digest = try await Hashing.sha256(folder.appending(path: file.file).path)
            guard digest == file.sha256 else {
                return .damaged("the SHA-256 of \(file.file) is \(digest), not \(file.sha256)")
            }
        }
        return .whole(isVerified: true)
    }

    /// The free bytes where models lie, or would lie; nil where the system does not tell.
    public var freeDiskByteCount: Int? {
        var folder = home
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            folder = folder.deletingLastPathComponent()
        }
        return freeByteCount(folder.path)
    }

    private static func byteCount(of folder: URL) -> Int {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return names.reduce(0) { $0 + (SystemFile.byteCount(folder.appending(path: $1).path) ?? 0) }
    }
}
