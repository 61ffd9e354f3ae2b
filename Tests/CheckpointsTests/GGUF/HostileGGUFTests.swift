import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// Files that are cut, bent or made to do harm: each is refused with an error, or opens and stays within its bytes.
@Suite struct HostileGGUFTests {
    let scratch = try! ScratchFolder()

    /// Opens the bytes; reads every tensor of what opens.
    @discardableResult
    func open(_ bytes: [UInt8]) throws -> GGUFFile {
        let file = try GGUFFile(path: scratch.write(bytes))
        for tensor in file.tensors where tensor.dtype != nil {
            #expect(tensor.offset + tensor.byteCount <= bytes.count)
            _ = try file.floats(of: tensor)
        }
        return file
    }

    /// The text of the error with which `writer`'s file is refused.
    func refusal(_ change: (inout GGUFWriter) -> Void) throws -> String {
        var writer = GGUFWriter.example
        change(&writer)
        let error = #expect(throws: CheckpointError.self) { try open(writer.encoded()) }
        return error.map { "\($0)" } ?? ""
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = GGUFWriter.example.encoded()
        for length in 0..<whole.count {
            #expect(throws: CheckpointError.self, "cut to \(length)") { try open(Array(whole.prefix(length))) }
        }
    }

    @Test(arguments: [0, 1, 0x7f, 0x80, 0xff] as [UInt8])
    func everyBentByteIsRefusedOrHarmless(value: UInt8) throws {
        let writer = GGUFWriter.example, whole = writer.encoded()
        var refused = 0
        for at in 0..<writer.headerByteCount where whole[at] != value {
            var bent = whole
            bent[at] = value
            do { try open(bent) } catch is CheckpointError { refused += 1 }
        }
        #expect(refused > 50)
    }

    @Test func foreignFilesAreNamed() throws {
        #expect(try refusal { $0.magic = Array("GGML".utf8) }.contains("does not begin with `GGUF`"))
        #expect(try refusal { $0.version = 1 }.contains("version 1"))
        #expect(try refusal { $0.version = 99 }.contains("version 99"))
        #expect(try refusal { $0.version = UInt32(3).byteSwapped }.contains("big-endian"))
        #expect(throws: CheckpointError.self) { try open([]) }
        #expect(throws: CheckpointError.self) { try GGUFFile(path: scratch.url.path) }
        let error = #expect(throws: CheckpointError.self) { try GGUFFile(path: scratch.url.path + "/no.gguf") }
        #expect(error.map { "\($0)" }?.hasSuffix("no.gguf: No such file or directory") == true)
    }

    @Test(arguments: [UInt64.max, 1 << 63, 1 << 40, 1000])
    func absurdCountsAreRefused(count: UInt64) throws {
        #expect(try refusal { $0.claimedPairs = count }.contains("metadata"))
        #expect(try refusal { $0.claimedTensors = count }.contains("\(count) tensors"))
        for element in [0, 2, 4, 7, 8, 9, 10, 12] as [UInt32] {
            #expect(try refusal { $0.pairs.append(("huge", .claimedArray(element, count))) }.contains("huge"))
        }
        #expect(try refusal { $0.pairs.append(("text", .raw(8, bytes(count)))) }.contains("bytes of a string"))
        #expect(try refusal { $0.tensors[0].dimensions = [count, count, count, count] } != "")
    }

    @Test func badMetadataIsRefused() throws {
        #expect(try refusal { $0.pairs.append(("u8", .u8(1))) }.contains("`u8` twice"))
        #expect(try refusal { $0.pairs.append(("", .u8(1))) }.contains("metadata key"))
        #expect(
            try refusal { $0.pairs.append((String(repeating: "k", count: 65_536), .u8(1))) }.contains("65536 bytes"))
        #expect(try refusal { $0.pairs.append(("maybe", .bool(2))) }.contains("`maybe` holds 2"))
        #expect(try refusal { $0.pairs.append(("odd", .raw(77, []))) }.contains("unknown type 77"))
        #expect(try refusal { $0.pairs.append(("odd", .array(77, []))) }.contains("unknown type 77"))
        #expect(try refusal { $0.pairs.append(("big", .array(10, [.u64(.max)]))) }.contains("above 2⁶³"))
        let deep = (0..<40).reduce(GGUFWriter.Value.array(0, [])) { inner, _ in .array(9, [inner]) }
        #expect(try refusal { $0.pairs.append(("deep", deep)) }.contains("nests arrays deeper"))
        var bytes = GGUFWriter.example.encoded()
        let key = try #require(bytes.firstRange(of: Array("scores".utf8)))
        bytes[key.lowerBound] = 0xff
        #expect(throws: CheckpointError.self) { try open(bytes) }
    }

    @Test(arguments: [0, 1, 3, 7, 48, 1 << 21, .max] as [UInt32])
    func badAlignmentIsRefused(alignment: UInt32) throws {
        #expect(try refusal { $0.pairs.append(("general.alignment", .u32(alignment))) }.contains("general.alignment"))
    }

    @Test func alignmentOfAnotherTypeIsRefused() throws {
        #expect(try refusal { $0.pairs.append(("general.alignment", .string("32"))) }.contains("general.alignment"))
    }

    @Test func badTensorsAreRefused() throws {
        #expect(try refusal { $0.tensors[1].name = "norm" }.contains("two tensors are named `norm`"))
        #expect(try refusal { $0.tensors[1].name = "" }.contains("name"))
        #expect(try refusal { $0.tensors[1].name = String(repeating: "n", count: 2000) }.contains("2000 bytes"))
        #expect(try refusal { $0.tensors[0].dimensions = [1, 1, 1, 1, 4] }.contains("5 dimensions"))
        #expect(try refusal { $0.tensors[0].dimensions = [0] }.contains("impossible dimension"))
        #expect(try refusal { $0.tensors[0].dimensions = [1 << 32, 1 << 32] }.contains("impossible dimension"))
        #expect(try refusal { $0.tensors[0].dimensions = [.max] }.contains("impossible dimension"))
        #expect(try refusal { $0.tensors[0].dimensions = [1 << 61, 2] }.contains("impossible shape"))
        #expect(try refusal { $0.tensors[1].dimensions = [48, 4] }.contains("multiple of the 32"))
        #expect(try refusal { $0.tensors[1].offset = 1 }.contains("not at a multiple of 32"))
        #expect(try refusal { $0.tensors[1].offset = 0 }.contains("`norm` and `weight` overlap"))
        #expect(try refusal { $0.tensors[1].offset = 96 }.contains("overlap"))
        #expect(try refusal { $0.tensors[1].offset = 1 << 40 }.contains("stopped early"))
        #expect(try refusal { $0.tensors[1].offset = .max - 31 }.contains("stopped early"))
        #expect(try refusal { $0.tensors[0].dimensions = [100_000] }.contains("stopped early"))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func randomBytesAreRefusedOrHarmless(seed: UInt64) throws {
        var state = seed &+ 1
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let tail = (0..<random() % 400).map { _ in UInt8(random() % 4) }
        do { try open(Array("GGUF".utf8) + [3, 0, 0, 0] + tail) } catch is CheckpointError {}
    }
}
