import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// GPT-OSS as it is published: experts in MXFP4, gates and ups in turn, against the same numbers written out in float32.
@Suite struct PackedExpertsTests {
    /// The sixteen values of E2M1 (OCP Microscaling Formats, version 1.0, section 5.3.3).
    private static let levels: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6]

    private struct Stack {
        var experts: Int, rows: Int, blocks: Int
        var nibbles: [UInt8] = [], scales: [UInt8] = []

        init(experts: Int, rows: Int, blocks: Int, _ random: inout Random) {
            (self.experts, self.rows, self.blocks) = (experts, rows, blocks)
            nibbles = (0..<experts * rows * blocks * 16).map { _ in UInt8.random(in: 0...255, using: &random) }
            scales = (0..<experts * rows * blocks).map { _ in UInt8.random(in: 122...125, using: &random) }
        }

        /// As the float checkpoints have it: `[experts, inputs, rows]`.
        var transposed: [Float] {
            let inputs = blocks * 32
            var values = [Float](repeating: 0, count: experts * inputs * rows)
            for expert in 0..<experts {
                for row in 0..<rows {
                    for input in 0..<inputs {
                        let block = (expert * rows + row) * blocks + input / 32
                        let byte = nibbles[block * 16 + input % 32 / 2]
                        let level = levels[Int(input % 2 == 0 ? byte & 15 : byte >> 4)]
                        values[(expert * inputs + input) * rows + row] =
                            level * Float(sign: .plus, exponent: Int(scales[block]) - 127, significand: 1)
                    }
                }
            }
            return values
        }
    }

    private struct Entry {
        var name: String, type: String, shape: [Int], bytes: [UInt8]
    }

    private static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { bytes($0.bitPattern) } }

    private func write(_ entries: [Entry], config: [String: Any]) throws -> ScratchFolder {
        var header: [String: Any] = [:], content: [UInt8] = []
        for entry in entries {
            header[entry.name] = [
                "dtype": entry.type, "shape": entry.shape,
                "data_offsets": [content.count, content.count + entry.bytes.count],
            ]
            content += entry.bytes
        }
        let scratch = try ScratchFolder(), text = try JSONSerialization.data(withJSONObject: header)
        _ = try scratch.write(bytes(UInt64(text.count)) + Array(text) + content, "model.safetensors")
        _ = try scratch.write(Array(try JSONSerialization.data(withJSONObject: config)), "config.json")
        return scratch
    }

    @Test func publishedBlocksAreTheSameNumbers() throws {
        let tiny = try TinyModel("gpt_oss"), inner = 32, hidden = 64, experts = 4
        let file = tiny.folder.appending(path: "config.json")
        var config = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        config["intermediate_size"] = inner
        let source = try SafetensorsFile(path: tiny.folder.appending(path: "model.safetensors").path)
        var common: [Entry] = [], packed: [Entry] = [], plain: [Entry] = [], random = Random(seed: 3)
        for tensor in source.tensors where !tensor.name.contains("experts.") {
            let contents = try source.contents(of: tensor)
            common.append(Entry(name: tensor.name, type: "F32", shape: tensor.shape, bytes: Array(contents.bytes)))
        }
        for layer in 0..<2 {
            let name = "model.layers.\(layer).mlp.experts"
            for (part, rows, inputs) in [("gate_up_proj", 2 * inner, hidden), ("down_proj", hidden, inner)] {
                let stack = Stack(experts: experts, rows: rows, blocks: inputs / 32, &random)
                let shape = [experts, rows, inputs / 32]
                packed.append(
                    Entry(name: "\(name).\(part)_blocks", type: "U8", shape: shape + [16], bytes: stack.nibbles))
                packed.append(Entry(name: "\(name).\(part)_scales", type: "U8", shape: shape, bytes: stack.scales))
                plain.append(
                    Entry(
                        name: "\(name).\(part)", type: "F32", shape: [experts, inputs, rows],
                        bytes: Self.floats(stack.transposed)))
                common.append(
                    Entry(
                        name: "\(name).\(part)_bias", type: "F32", shape: [experts, rows],
                        bytes: Self.floats(random.floats(experts * rows, scale: 0.1))))
            }
        }
        let pool = ComputePool(threads: 2)
        func logits(_ entries: [Entry], exact: Bool) throws -> [Float] {
            let folder = try write(common + entries, config: config)
            let checkpoint = try Registry.open(folder.url.path)
            var decoder = BareDecoder(try Registry.decoder(checkpoint, pool: pool), pool: pool, exact: exact)
            return decoder.logits(tiny.prompt)
        }
        let expected = try logits(plain, exact: true), exact = try logits(packed, exact: true)
        #expect(zip(expected, exact).allSatisfy { abs($0 - $1) < 1e-4 })
        let fast = try logits(packed, exact: false)
        #expect(zip(expected, fast).reduce(Float(0)) { $0 + abs($1.0 - $1.1) } / Float(expected.count) < 0.05)

        // Exponents that do not fit their blocks are refused, and named.
        var broken = packed
        broken[1].shape = [experts, 2 * inner, 1]
        broken[1].bytes.removeLast(broken[1].bytes.count / 2)
        #expect {
            _ = try logits(broken, exact: true)
        } throws: { "\($0)".contains("gate_up_proj_scales") }
    }
}
