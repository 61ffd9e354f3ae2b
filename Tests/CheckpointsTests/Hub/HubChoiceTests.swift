import Foundation
import Testing
import TuttiCheckpoints

@Suite struct HubChoiceTests {
    static let commit = String(repeating: "c", count: 40)

    func listing(_ paths: [String]) -> HubListing {
        HubListing(
            repository: "a/b", commit: Self.commit,
            files: paths.map { HubFile(path: $0, byteCount: 1000, digest: HubDigest(Self.commit)) })
    }

    func chosen(_ paths: [String], _ selection: String? = nil) throws -> HubChoice {
        try HubChoice(listing(paths), selection: selection)
    }

    func message(_ paths: [String], _ selection: String? = nil) -> String {
        let error = #expect(throws: StoreError.self) { try chosen(paths, selection) }
        #expect(error?.isModelNotFound == true)
        return error.map { "\($0)" } ?? ""
    }

    static let quantised = ["Q2_K", "Q3_K_M", "Q4_0", "Q4_K_M", "Q5_K_M", "Q8_0", "fp16"].map {
        "m-1.5b-instruct-\($0).gguf"
    }

    @Test func ofQuantisationsTheUsualOneIsTaken() throws {
        let choice = try chosen(Self.quantised + ["README.md", "m.imatrix.gguf", "config.json"])
        #expect(choice.selection == "Q4_K_M" && choice.files.map(\.path) == ["m-1.5b-instruct-Q4_K_M.gguf"])
        #expect(choice.others.count == 6 && !choice.isFolder)
        #expect(try chosen(Self.quantised.filter { !$0.contains("Q4_K_M") }).selection == "Q5_K_M")
        #expect(try chosen(["x-Q2_K.gguf"]).selection == "Q2_K")
        #expect(try chosen(["x.gguf"]).selection == "x")
    }

    @Test func aProjectorComesAlong() throws {
        func taken(_ projectors: [String], _ selection: String? = nil) throws -> [String] {
            let choice = try chosen(Self.quantised + projectors, selection)
            #expect(choice.others.count == 6 && choice.files[0].path.hasPrefix("m-1.5b"))
            return choice.files.dropFirst().map(\.path)
        }
        // Of its forms float16 goes before eight bits, and those before float32.
        #expect(try taken(["mmproj-F32.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf"]) == ["mmproj-F16.gguf"])
        #expect(try taken(["mmproj-model-f32.gguf", "mmproj-model-Q8_0.gguf"], "q8_0") == ["mmproj-model-Q8_0.gguf"])
        #expect(try taken(["mmproj-F32.gguf"]) == ["mmproj-F32.gguf"])
        let named = ["mmproj-m-1.5b-instruct-f16.gguf", "mmproj-m-3b-instruct-f16.gguf"]
        #expect(try taken(named) == [named[0]])
        #expect(try taken(["m-1.5b-instruct.mmproj-fp16.gguf"]) == ["m-1.5b-instruct.mmproj-fp16.gguf"])
        #expect(try taken(["other/mmproj-F16.gguf"]) == [])
        let parts = (1...2).map { "Q8_0/m-Q8_0-0000\($0)-of-00002.gguf" }
        #expect(try chosen(parts + ["mmproj-F16.gguf"]).files.map(\.path) == parts + ["mmproj-F16.gguf"])
        #expect(message(["mmproj-F16.gguf"]).contains("no .gguf file"))
    }

    @Test(arguments: [
        ("q8_0", "Q8_0"), ("Q8_0", "Q8_0"), ("m-1.5b-instruct-q8_0.gguf", "Q8_0"), ("m-1.5b-instruct-Q8_0", "Q8_0"),
        ("F16", "fp16"), ("fp16", "fp16"), ("k_m.gguf", nil), ("instruct-q2", "Q2_K"),
    ])
    func aNameChooses(asked: String, quantisation: String?) throws {
        if let quantisation {
            #expect(try chosen(Self.quantised, asked).files.map(\.path) == ["m-1.5b-instruct-\(quantisation).gguf"])
        } else {
            #expect(throws: StoreError.self) { try chosen(Self.quantised, asked) }
        }
    }

    @Test func allPartsOfASplitModelBelongTogether() throws {
        let parts = (1...3).map { "Q8_0/m-Q8_0-0000\($0)-of-00003.gguf" }
        let incomplete = (1...2).map { "Q4_K_M/m-Q4_K_M-0000\($0)-of-00003.gguf" }
        #expect(try chosen(parts + incomplete).files.map(\.path) == parts)
        #expect(try chosen(parts + ["m-Q4_K_M.gguf"], "m-q8_0-00002-of-00003.gguf").files.map(\.path) == parts)
        #expect(try chosen(parts + ["m-Q4_K_M.gguf"], parts[0]).files.map(\.path) == parts)
    }

    @Test func whatIsUnclearIsListed() {
        let two = message(["a-Q4_K_M.gguf", "b-Q4_K_M.gguf", "a-Q8_0.gguf"])
        #expect(two.contains("several models") && two.contains("a-Q4_K_M.gguf, 1.0 kB") && two.contains("a-Q8_0"))
        #expect(two.contains("hf:a/b:NAME"))
        let wrong = message(Self.quantised, "Q9_K")
        #expect(wrong.contains("`Q9_K`") && wrong.contains("Q4_K_M: m-1.5b-instruct-Q4_K_M.gguf"))
        let many = message((0..<200).map { "model\($0).gguf" })
        #expect(many.contains("and 160 more"))
        #expect(message(["config.json", "a.safetensors", "b.safetensors"]).contains("a.safetensors"))
        #expect(message(["a-Q4_K_M.gguf"], "x.md").contains("no one file"))
        #expect(message(["a-Q4_K_M.gguf", "x.md"], "x.md").contains("neither"))
    }

    static let folder = [
        "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja",
        "special_tokens_map.json", "vocab.txt", "1_Pooling/config.json", "modules.json",
    ]

    @Test func safetensorsComeWithTheirCompanions() throws {
        let aside = [
            "pytorch_model.bin", "onnx/model.onnx", "README.md", "train_script.py", "original/model.safetensors",
        ]
        let whole = try chosen(Self.folder + aside + ["model.safetensors", "model.fp16.safetensors"])
        #expect(Set(whole.files.map(\.path)) == Set(Self.folder + ["model.safetensors"]))
        #expect(whole.selection == nil && whole.isFolder)
        let shards = (1...2).map { "model-0000\($0)-of-00002.safetensors" } + ["model.safetensors.index.json"]
        let sharded = try chosen(Self.folder + aside + shards + ["consolidated.safetensors"])
        #expect(Set(sharded.files.map(\.path)) == Set(Self.folder + shards))
        #expect(message(Self.folder + shards.dropFirst()).contains("only 1 are there"))
        let half = try chosen(Self.folder + ["model.safetensors", "model.fp16.safetensors"], "model.FP16.safetensors")
        #expect(
            half.selection == "model.fp16.safetensors" && half.files.contains { $0.path == "model.fp16.safetensors" })
    }

    @Test func bothFormatsCanBeAskedFor() throws {
        let both = Self.folder + ["model.safetensors", "m-Q8_0.gguf"]
        #expect(try chosen(both).files.map(\.path) == ["m-Q8_0.gguf"])
        #expect(try chosen(both, "safetensors").isFolder)
        #expect(try !chosen(both, "gguf").isFolder)
    }

    @Test func whatCannotBeUsedIsExplained() {
        #expect(message(["config.json", "pytorch_model.bin"]).contains("pickles"))
        #expect(message(["config.json", "adapter_config.json", "adapter_model.safetensors"]).contains("adapter"))
        #expect(message(["model.safetensors"]).contains("no config.json"))
        #expect(message(["README.md"]).contains("no .gguf file"))
        #expect(message([]).contains("no .gguf file"))
    }
}

@Suite struct HubListingTests {
    func read(_ json: String) throws -> HubListing { try HubListing(Data(json.utf8), asked: "a/b", host: "hub") }

    @Test func namesThatLeadAstrayAreLeftOut() throws {
        let names = ["../x.gguf", "/etc/x.gguf", "a\\\\b.gguf", "x\\u0000.gguf", ".git/config", "good-Q8_0.gguf"]
        let siblings = names.map { #"{"rfilename": "\#($0)", "size": 5}"# }.joined(separator: ",")
        let listing = try read(#"{"id": "../../x", "sha": "\#(HubChoiceTests.commit)", "siblings": [\#(siblings)]}"#)
        #expect(listing.files.map(\.path) == ["good-Q8_0.gguf"] && listing.unsafeCount == 5)
        #expect(listing.repository == "a/b")
    }

    @Test func digestsAndSizesThatAreNoneAreNotBelieved() throws {
        let entry =
            #"{"rfilename": "x", "size": -5, "blobId": "zz", "lfs": {"sha256": "../..", "size": 99999999999999999}}"#
        let listing = try read(#"{"sha": "\#(HubChoiceTests.commit)", "siblings": [\#(entry)]}"#)
        #expect(listing.files == [HubFile(path: "x", byteCount: nil, digest: nil)])
    }

    @Test func answersThatAreNoListsAreRefused() {
        let commit = HubChoiceTests.commit, entry = #"{"rfilename":"x"}"#
        let many = Array(repeating: entry, count: HubListing.largestFileCount + 1).joined(separator: ",")
        let deep = String(repeating: "[", count: 200_000)
        for json in [
            "", "{", "[]", "{}", #"{"sha": "x", "siblings": []}"#, #"{"sha": "\#(commit)", "siblings": [\#(many)]}"#,
            #"{"sha": "\#(commit)", "siblings": \#(deep)}"#, #"{"sha": "\#(commit)", "siblings": [{}]}"#,
        ] {
            let error = #expect(throws: StoreError.self) { try read(json) }
            #expect(error.map { "\($0)" }?.contains("hub does not answer as the hub does") == true)
        }
    }
}
