import Foundation
import Testing
import TuttiCheckpoints

@Suite struct CatalogTests {
    @Test func theBuiltInCatalogIsComplete() {
        let catalog = Catalog.builtIn
        #expect(catalog.defaultName == "qwen2.5-coder-0.5b")
        let names = ["qwen2.5-coder-0.5b", "smollm2-135m", "qwen2.5-coder-1.5b", "gemma3-270m"]
        #expect(catalog.entries.map(\.name) == names)
        for entry in catalog.entries {
            #expect(!entry.description.isEmpty && !entry.licence.isEmpty && !entry.sources.isEmpty)
            for case .pythonPackages(let packages) in entry.sources {
                #expect(packages.parts.reduce(0) { $0 + $1.byteCount } == entry.byteCount)
                // part2 before part10.
                let numbers = packages.parts.compactMap { part in
                    part.package.firstMatch(of: /part(\d+)$/).flatMap { Int($0.1) }
                }
                #expect(numbers == Array(numbers.isEmpty ? 0..<0 : 1..<packages.parts.count + 1))
            }
        }
        #expect(catalog["gemma3-270m"]?.licenceNote?.contains("Not an open licence") == true)
        #expect(catalog["smollm2-135m"]?.downloadByteCount == 92_871_040)
    }

    func entry(_ changes: [String: Any] = [:]) -> [String: Any] {
        let entry: [String: Any] = [
            "name": "mine", "licence": "MIT", "file": "mine.gguf", "byteCount": 5,
            "sha256": String(repeating: "a", count: 64), "sources": [["kind": "file", "path": "mine.gguf"]],
        ]
        return entry.merging(changes) { $1 }
    }

    func extended(_ models: [[String: Any]], default name: String? = nil) throws -> Catalog {
        var file: [String: Any] = ["models": models]
        file["default"] = name
        return try Catalog.builtIn.extended(by: JSONSerialization.data(withJSONObject: file), file: "catalog.json")
    }

    @Test func theUsersCatalogAddsAndReplaces() throws {
        let catalog = try extended([entry(), entry(["name": "smollm2-135m"])], default: "mine")
        #expect(catalog.entries.count == 5 && catalog.defaultName == "mine")
        #expect(catalog["smollm2-135m"]?.file == "mine.gguf")
        #expect(catalog["mine"]?.sources == [.file(path: "mine.gguf")])
        #expect(try extended([]).entries == Catalog.builtIn.entries)
    }

    @Test func unknownKindsAreKeptAsSuch() throws {
        let catalog = try extended([entry(["sources": [["kind": "hf", "repository": "a/b"]]])])
        #expect(catalog["mine"]?.sources == [.unknown(kind: "hf")])
    }

    @Test(arguments: [
        ("name", "../up"), ("name", ""), ("name", "-m"), ("name", "A"), ("file", "a/b.gguf"), ("file", ".hidden"),
        ("sha256", "abc"), ("sha256", String(repeating: "A", count: 64)),
    ])
    func stringsThatCouldDoHarmAreRefused(key: String, value: String) throws {
        let error = #expect(throws: StoreError.self) { try extended([entry([key: value])]) }
        #expect(error.map { "\($0)" }?.contains("`.models[0].\(key)`") == true)
    }

    @Test(arguments: ["package", "path", "version", "platform"], ["--index-url", "a b", "../x", "*", "", "a[b]"])
    func partsThatCouldBeOptionsAreRefused(key: String, value: String) throws {
        var part: [String: Any] = [
            "package": "p", "wheelByteCount": 1, "wheelSHA256": String(repeating: "a", count: 64), "path": "p/x.bin",
            "byteCount": 1,
        ]
        var source: [String: Any] = ["kind": "python-packages", "version": "1.0"]
        if part[key] != nil { part[key] = value } else { source[key] = value }
        source["parts"] = [part]
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
        #expect(throws: StoreError.self) { try extended([entry(["byteCount": 0])]) }
        #expect(throws: StoreError.self) { try Catalog(Data(#"{"models": []}"#.utf8), file: "c.json") }
    }
}
