import Foundation
import Testing
import TuttiCheckpoints

@Suite struct CatalogTests {
    @Test func theBuiltInCatalogIsComplete() {
        let catalog = Catalog.builtIn
        #expect(catalog.defaultName == "qwen2.5-coder-0.5b")
        let names = [
            "qwen2.5-coder-0.5b", "smollm2-135m", "qwen2.5-coder-1.5b", "gemma3-270m", "minilm", "moonshine-tiny",
            "whisper-base", "piper-joe", "kokoro", "silero-vad", "pp-ocrv6", "efficientnet-lite0",
            "smolvlm-256m", "smolvlm-500m",
        ]
        #expect(catalog.entries.map(\.name) == names)
        for entry in catalog.entries {
            #expect(!entry.description.isEmpty && !entry.licence.isEmpty)
            // The hub alone knows some.
            #expect(entry.sources.isEmpty == (entry.reference != nil))
            for case .pythonPackages(let packages) in entry.sources {
                // part2 before part10.
                let numbers = packages.packages.compactMap { package in
                    package.package.firstMatch(of: /part(\d+)$/).flatMap { Int($0.1) }
                }
                #expect(numbers == Array(numbers.isEmpty ? 0..<0 : 1..<packages.packages.count + 1))
            }
        }
        // What a model needs is there, and needs nothing itself.
        for need in catalog.entries.flatMap(\.needs) { #expect(catalog[need]?.needs == []) }
        #expect(catalog["minilm"]?.task == .embedding && catalog["whisper-base"]?.task == .hearing)
        #expect(catalog["pp-ocrv6"]?.task == .reading && catalog["efficientnet-lite0"]?.task == .naming)
        #expect(catalog["piper-joe"]?.licenceNote?.contains("lessac") == true)
        #expect(catalog["gemma3-270m"]?.licenceNote?.contains("Not an open licence") == true)
        #expect(catalog["smollm2-135m"]?.downloadByteCount == 92_871_040)
    }

    func entry(_ changes: [String: Any] = [:]) -> [String: Any] {
        let entry: [String: Any] = [
            "name": "mine", "licence": "MIT", "files": [file()], "sources": [["kind": "file", "path": "mine.gguf"]],
        ]
        return entry.merging(changes) { $1 }
    }

    func file(_ changes: [String: Any] = [:]) -> [String: Any] {
        let file: [String: Any] = [
            "file": "mine.gguf", "byteCount": 5, "sha256": String(repeating: "a", count: 64),
        ]
        return file.merging(changes) { $1 }
    }

    func extended(_ models: [[String: Any]], default name: String? = nil) throws -> Catalog {
        var file: [String: Any] = ["models": models]
        file["default"] = name
        return try Catalog.builtIn.extended(by: JSONSerialization.data(withJSONObject: file), file: "catalog.json")
    }

    @Test func theUsersCatalogAddsAndReplaces() throws {
        let catalog = try extended([entry(), entry(["name": "smollm2-135m"])], default: "mine")
        #expect(catalog.entries.count == Catalog.builtIn.entries.count + 1 && catalog.defaultName == "mine")
        #expect(catalog["smollm2-135m"]?.files.map(\.file) == ["mine.gguf"])
        #expect(catalog["mine"]?.sources == [.file(path: "mine.gguf")])
        #expect(try extended([]).entries == Catalog.builtIn.entries)
    }

    @Test func unknownKindsAreKeptAsSuch() throws {
        let catalog = try extended([entry(["sources": [["kind": "hf", "repository": "a/b"]]])])
        #expect(catalog["mine"]?.sources == [.unknown(kind: "hf")])
    }

    @Test(arguments: [
        ("file", "../up"), ("file", "a/../../b"), ("file", "/a"), ("file", "a//b"), ("file", "a\\b"), ("file", "a\0b"),
        ("file", ".hidden"), ("file", ""), ("file", "receipt.json"), ("file", String(repeating: "a", count: 201)),
        ("sha256", "abc"), ("sha256", String(repeating: "A", count: 64)),
    ])
    func filesThatCouldDoHarmAreRefused(key: String, value: String) throws {
        let error = #expect(throws: StoreError.self) { try extended([entry(["files": [file([key: value])]])]) }
        #expect(error.map { "\($0)" }?.contains("`.models[0].files[0].\(key)`") == true)
    }

    @Test(arguments: ["../up", "", "-m", "A"])
    func namesThatCouldDoHarmAreRefused(name: String) throws {
        let error = #expect(throws: StoreError.self) { try extended([entry(["name": name])]) }
        #expect(error.map { "\($0)" }?.contains("`.models[0].name`") == true)
    }

    @Test(arguments: ["a", "a/b/c", "../a", "https://example.com/a/b", "a/b--c", "a/.b"])
    func repositoriesThatAreNoneAreRefused(repository: String) throws {
        let source = ["kind": "hub", "repository": repository]
        #expect(throws: StoreError.self) { try extended([entry(["sources": [source]])]) }
    }

    @Test func filesMustFitTogether() throws {
        func message(_ files: [[String: Any]], _ sources: [[String: Any]] = []) -> String {
            let error = #expect(throws: StoreError.self) {
                try extended([entry(["files": files, "sources": sources])])
            }
            return error.map { "\($0)" } ?? ""
        }
        #expect(message([]).contains("there is no file"))
        #expect(message([file(), file(["file": "MINE.gguf"])]).contains("are one file where names are folded"))
        #expect(message([file(["file": "a"]), file(["file": "a/b"])]).contains("is a file, and a folder"))
        func packages(_ parts: [[String: Any]]) -> [[String: Any]] {
            let package: [String: Any] = [
                "package": "p", "wheelByteCount": 1, "wheelSHA256": String(repeating: "a", count: 64), "parts": parts,
            ]
            return [["kind": "python-packages", "version": "1.0", "packages": [package]]]
        }
        #expect(message([file()], packages([["path": "x", "byteCount": 4]])).contains("have 4 bytes, it has 5"))
        let two = [file(), file(["file": "other.json"])]
        #expect(message(two, packages([["path": "x", "byteCount": 5]])).contains("does not say to which"))
        _ = try extended([
            entry([
                "files": two,
                "sources": packages([
                    ["path": "x", "byteCount": 5, "file": "other.json"],
                    ["path": "y", "byteCount": 5, "file": "mine.gguf"],
                ]),
            ])
        ])
    }

    @Test(arguments: ["package", "path", "version", "platform"], ["--index-url", "a b", "../x", "*", "", "a[b]"])
    func partsThatCouldBeOptionsAreRefused(key: String, value: String) throws {
        var part: [String: Any] = ["path": "p/x.bin", "byteCount": 5]
        var package: [String: Any] = [
            "package": "p", "wheelByteCount": 1, "wheelSHA256": String(repeating: "a", count: 64),
        ]
        var source: [String: Any] = ["kind": "python-packages", "version": "1.0"]
        if part[key] != nil {
            part[key] = value
        } else if package[key] != nil {
            package[key] = value
        } else {
            source[key] = value
        }
        package["parts"] = [part]
        source["packages"] = [package]
        #expect(throws: StoreError.self) { try extended([entry(["sources": [source]])]) }
    }

    @Test func whatIsWrongIsNamed() throws {
        func message(_ json: String) -> String {
            let error = #expect(throws: StoreError.self) {
                try Catalog.builtIn.extended(by: Data(json.utf8), file: "c.json")
            }
            return error.map { "\($0)" } ?? ""
        }
        #expect(message("{").contains("c.json cannot be used: it is not valid JSON"))
        #expect(message("{}").contains("`.models` is missing"))
        #expect(message(#"{"models": [{"name": 3}]}"#).contains("`.models[0].name` is not of type"))
        #expect(message(#"{"models": [], "default": "x"}"#).contains("`x`, is not a model"))
        #expect(throws: StoreError.self) { try extended([entry(), entry()]) }
        #expect(throws: StoreError.self) { try extended([entry(["files": [file(["byteCount": 0])]])]) }
        #expect(throws: StoreError.self) { try Catalog(Data(#"{"models": []}"#.utf8), file: "c.json") }
    }
}
