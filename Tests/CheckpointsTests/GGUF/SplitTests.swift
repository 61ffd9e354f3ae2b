import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

@Suite struct SplitTests {
    let scratch = try! ScratchFolder()

    /// Writes a model of three parts; `change` may spoil one. Returns the paths.
    func write(_ change: (Int, inout GGUFWriter) -> Void = { _, _ in }) throws -> [String] {
        try (0..<3).map { number in
            var part = GGUFWriter()
            if number == 0 { part.pairs.append(("general.architecture", .string("llama"))) }
            part.pairs += [
                ("split.no", .u16(UInt16(number))), ("split.count", .u16(3)), ("split.tensors.count", .i32(3)),
            ]
            part.tensors = [.init("t\(number)", [1], content: bytes(Float(number).bitPattern))]
            change(number, &part)
            return try scratch.write(part.encoded(), "m-0000\(number + 1)-of-00003.gguf")
        }
    }

    func refusal(_ path: String) -> String {
        let error = #expect(throws: CheckpointError.self) { try GGUFFile(path: path) }
        return error.map { "\($0)" } ?? ""
    }

    @Test(arguments: 0..<3)
    func anyPartOpensAll(number: Int) throws {
        let paths = try write()
        let file = try GGUFFile(path: paths[number])
        #expect(file.metadata.string("general.architecture") == "llama")
        #expect(file.paths == paths)
        #expect(try file.tensors.map { try file.floats(of: $0) } == [[0], [1], [2]])
    }

    @Test func aMissingPartIsNamed() throws {
        let paths = try write()
        try FileManager.default.removeItem(atPath: paths[1])
        #expect(refusal(paths[0]).contains("m-00002-of-00003.gguf: No such file"))
        #expect(refusal(paths[2]).contains("m-00002-of-00003.gguf: No such file"))
    }

    @Test func partsOfAnotherModelAreRefused() throws {
        #expect(refusal(try write { if $0 == 1 { $1.pairs[1].value = .u16(4) } }[0]).contains("`split.count`"))
        #expect(refusal(try write { if $0 == 1 { $1.pairs[0].value = .u16(2) } }[0]).contains("part 2 of 3"))
        #expect(refusal(try write { if $0 == 1 { $1.pairs[2].value = .i32(9) } }[0]).contains("`split.tensors.count`"))
        #expect(refusal(try write { $1.pairs[$1.pairs.count - 1].value = .i32(4) }[0]).contains("should hold 4"))
        #expect(refusal(try write { if $0 == 2 { $1.tensors[0].name = "t0" } }[0]).contains("a tensor `t0`"))
        #expect(
            refusal(try write { if $0 == 2 { $1.pairs.append(("general.architecture", .string("x"))) } }[0])
                .contains("`general.architecture`"))
        #expect(refusal(try write { if $0 == 2 { $1.pairs.removeAll() } }[0]).contains("part 3 of 3"))
        #expect(refusal(try write { if $0 == 0 { $1.pairs.removeAll() } }[1]).contains("that it is the first"))
    }

    @Test func aRenamedPartIsRefused() throws {
        let paths = try write()
        let renamed = scratch.url.appending(path: "renamed.gguf").path
        try FileManager.default.copyItem(atPath: paths[0], toPath: renamed)
        #expect(refusal(renamed).contains("must end in `-00001-of-00003.gguf`"))
        let only = try scratch.write(
            {
                var file = GGUFWriter.example
                file.pairs.append(("split.count", .u16(1)))
                return file
            }().encoded())
        #expect(try GGUFFile(path: only).tensors.count == 4)
    }

    @Test func absurdSplitCountsAreRefused() throws {
        for count in [2, 60_000] as [UInt16] {
            let paths = try write { if $0 == 0 { $1.pairs[2].value = .u16(count) } }
            #expect(refusal(paths[0]).contains("must end in"))
        }
        #expect(refusal(try write { if $0 == 0 { $1.pairs[1].value = .u16(3) } }[0]).contains("not which one"))
    }
}
