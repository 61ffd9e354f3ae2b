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
            if verifies, let entry = model.entry {
                let digest = try await Hashing.sha256(model.file.path)
                state =
                    digest == entry.sha256
                    ? .whole(isVerified: true) : .damaged("its SHA-256 is \(digest), not the catalog's")
            }
            checks.append(ModelCheck(name: model.name, state: state, byteCount: model.byteCount))
        }
        func names(in folder: URL) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
                .filter { name in !name.hasPrefix(".") && !whole.contains { $0.name == name } }
        }
        for name in names(in: models) {
            let bytes = Self.byteCount(of: folder(of: name))
            let reason = catalog[name] == nil ? "it holds no single .gguf file" : "its file is not the catalog's"
            checks.append(ModelCheck(name: name, state: .damaged(reason), byteCount: bytes))
        }
        for name in names(in: downloads) where !checks.contains(where: { $0.name == name }) && catalog[name] != nil {
            let bytes = Self.byteCount(of: downloads.appending(path: name))
            checks.append(ModelCheck(name: name, state: .partial, byteCount: bytes))
        }
        return checks
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
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.reduce(0) { $0 + (SystemFile.byteCount(folder.appending(path: $1).path) ?? 0) }
    }
}
