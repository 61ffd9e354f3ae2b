import Foundation
import TestSupport
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

extension FuzzTarget {
    /// Files of models that hear and speak: graphs of ONNX and ONNX Runtime, a small voice of Piper that then says
    /// something, and the containers of CTranslate2 and whisper.cpp.
    static func speech(graphs: URL, voices: URL) throws -> FuzzTarget {
        var seeds = try files(graphs).map { (URL(filePath: $0.name).pathExtension, $0.bytes) }
        seeds += try files(voices).filter { $0.name.hasSuffix(".onnx") }.map { ("onnx", $0.bytes) }
        seeds += [("bin", cTranslate2), ("bin", whisperCPP)]
        let endings = seeds.map(\.0)
        let words = [
            "WhisperSpec", "encoder/conv1/weight", "Conv", "Gather", "ORTM", "raw_data", "\u{8}\0", "\u{12}\u{4}",
        ]
        let mutator = Mutator(seeds: seeds.map(\.1), words: words)
        return FuzzTarget(name: "speech", mutator: mutator) { input, origin, folder in
            let path = folder.appending(path: "model.\(endings[origin])").path
            guard write(input, path) else { return false }
            return endings[origin] == "bin" ? useContainer(path) : useGraph(path)
        }
    }

    private static func useGraph(_ path: String) -> Bool {
        guard let file = try? GraphFile(path: path) else { return false }
        for tensor in file.graph.initializers.values {
            _ = try? file.floats(of: tensor)
            _ = try? file.integers(of: tensor)
        }
        let pool = ComputePool(threads: 1)
        _ = try? SileroVAD(path: path, sampleRate: 16_000, pool: pool)
        guard let voice = try? PiperVITS(path: path, pool: pool), voice.symbolCount > 2 else { return true }
        var manner = VITSManner()
        // Bent weights may ask for hours of sound.
        manner.lengthScale = 0.01
        let step = Step(pool: pool)
        var utterance = voice.utterance([1, 0, 2], manner, step)
        if utterance.frameCount > 0 { _ = voice.samples(&utterance, frames: 0..<min(4, utterance.frameCount), step) }
        return true
    }

    private static func useContainer(_ path: String) -> Bool {
        let pool = ComputePool(threads: 1)
        if let files = try? WhisperFiles(path: path) {
            _ = try? Whisper(files.checkpoint, pool: pool, quantization: nil)
        }
        if let file = try? CTranslate2File(path: path) {
            let rules = [TensorRule("encoder/conv1/weight", "a", .rows(0..<1)), TensorRule("decoder/weight", "b")]
            if let checkpoint = try? file.checkpoint(Metadata(), rules) {
                for tensor in checkpoint.tensors { _ = try? checkpoint.floats(of: tensor) }
            }
            return true
        }
        return (try? WhisperGGMLFile(path: path)) != nil
    }

    private static func string(_ text: String) -> [UInt8] {
        bytes(UInt16(text.utf8.count + 1)) + Array(text.utf8) + [0]
    }

    /// Some variables of a Whisper, one of them of bytes with scales, one that stands for another.
    private static var cTranslate2: [UInt8] {
        var file = bytes(UInt32(6)) + string("WhisperSpec") + bytes(UInt32(3)) + bytes(UInt32(4))
        file += string("encoder/conv1/weight") + [3] + [2, 3, 3].flatMap { bytes(UInt32($0)) } + [4]
        file += bytes(UInt32(36)) + [UInt8](repeating: 0x3c, count: 36)
        file += string("encoder/num_heads") + [0] + [2] + bytes(UInt32(2)) + bytes(Int16(8))
        file += string("decoder/weight") + [2] + [2, 3].flatMap { bytes(UInt32($0)) } + [1]
        file += bytes(UInt32(6)) + [127, 0, 129, 5, 6, 7]
        file += string("decoder/weight_scale") + [1] + bytes(UInt32(2)) + [0]
        file += bytes(UInt32(8)) + [Float(100), 3].flatMap { bytes($0.bitPattern) }
        return file + bytes(UInt32(1)) + string("decoder/projection/weight") + string("encoder/conv1/weight")
    }

    /// Sizes, a filter, three tokens and two tensors.
    private static var whisperCPP: [UInt8] {
        var file = bytes(UInt32(0x6767_6d6c)) + [51_864, 8, 4, 2, 1, 8, 4, 2, 1, 80, 1].flatMap { bytes(Int32($0)) }
        file += bytes(Int32(1)) + bytes(Int32(2)) + [UInt8](repeating: 0, count: 8)
        file += bytes(Int32(3)) + ["a", "bc", ""].flatMap { bytes(Int32($0.utf8.count)) + Array($0.utf8) }
        for name in ["encoder.conv1.weight", "decoder.ln.bias"] {
            file +=
                bytes(Int32(2)) + bytes(Int32(name.utf8.count)) + bytes(UInt32(1)) + bytes(Int32(4)) + bytes(Int32(2))
            file += Array(name.utf8) + [UInt8](repeating: 0x3c, count: 16)
        }
        return file
    }
}
