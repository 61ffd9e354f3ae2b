import Testing
import TuttiCheckpoints

@Suite struct HubReferenceTests {
    @Test(arguments: [
        ("hf:Qwen/Qwen3-0.6B-GGUF", "Qwen/Qwen3-0.6B-GGUF", "main", nil),
        ("HF:a/b", "a/b", "main", nil),
        ("hf:a/b:Q4_K_M", "a/b", "main", "Q4_K_M"),
        ("hf:a/b@refs/pr/1:x.gguf", "a/b", "refs/pr/1", "x.gguf"),
        ("hf:a/b@v1.0", "a/b", "v1.0", nil),
        ("hf:a/b:Q8_0/m-00001-of-00002.gguf", "a/b", "main", "Q8_0/m-00001-of-00002.gguf"),
    ])
    func partsAreRead(text: String, repository: String, revision: String, selection: String?) throws {
        #expect(
            try HubReference(text) == HubReference(repository: repository, revision: revision, selection: selection))
    }

    @Test(arguments: [
        "hf:", "hf:a", "hf:a/b/c", "hf:/b", "hf:a/", "hf:../b", "hf:a/..", "hf:a/b--c", "hf:a/-b", "hf:a/b.",
        "hf:a b/c",
        "hf:a/b:", "hf:a/b:../x.gguf", "hf:a/b:/etc/passwd", "hf:a/b:x\\y", "hf:a/b:.hidden", "hf:a/b@", "hf:a/b@../c",
        "hf:a/b@-x", "hf:a/b@x/", "hf:a/b@x y", "hf:a/b:x\0y", "hf:ä/b", "qwen",
    ])
    func whatIsNoReferenceIsRefused(text: String) {
        let error = #expect(throws: StoreError.self) { try HubReference(text) }
        #expect(error.map { "\($0)" }?.contains("is no model of the hub") == true)
        #expect(error?.isModelNotFound == true)
    }

    @Test func itIsWrittenAsItIsRead() throws {
        for text in ["hf:a/b", "hf:a/b@v1", "hf:a/b:Q8_0", "hf:a/b@v1:Q8_0"] {
            #expect("\(try HubReference(text))" == text)
        }
    }
}

@Suite struct SafePathTests {
    @Test(arguments: ["config.json", "1_Pooling/config.json", "ä.gguf", "a b.gguf", "-m.gguf", "x..gguf"])
    func plainPathsAreSafe(path: String) { #expect(SafePath.isSafe(path)) }

    @Test(arguments: [
        "", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/", ".bashrc", "a/.ssh/b", "a\\b", "..\\x", "a\0b",
        "a\nb", "a\u{7f}", "receipt.json", String(repeating: "a", count: 201), String(repeating: "a/", count: 20) + "b",
    ])
    func pathsThatLeadAstrayAreNot(path: String) { #expect(!SafePath.isSafe(path)) }

    @Test func namesThatAreOneOnSomeSystemsConflict() {
        #expect(SafePath.conflict(among: ["a", "b", "c/a"]) == nil)
        #expect(SafePath.conflict(among: ["Model.gguf", "model.gguf"]) != nil)
        #expect(SafePath.conflict(among: ["e\u{301}", "é"]) != nil)
        #expect(SafePath.conflict(among: ["a", "A/b"]) != nil)
        #expect(SafePath.conflict(among: []) != nil)
    }
}
