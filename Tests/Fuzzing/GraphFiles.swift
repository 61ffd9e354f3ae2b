import Foundation
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

extension FuzzTarget {
    /// Graphs of ONNX, each of the few nodes that one operator's test has: loaded, and run on that test's inputs.
    static func graph(_ operators: URL) throws -> FuzzTarget {
        let cases = try ["cases.json", "pictures.json"].flatMap { name in
            try JSONDecoder().decode(OperatorCases.self, from: Data(contentsOf: operators.appending(path: name))).cases
        }
        let parts = try Dictionary(
            Set(cases.map(\.graph)).map { ($0, try ModelParts(operators.appending(path: $0))) },
            uniquingKeysWith: { $1 })
        let graphs = cases.compactMap { each in
            parts[each.graph]?.model(of: each.name).map { (model: $0, given: each.inputs.mapValues(\.value)) }
        }
        let words = [
            "Add", "MatMul", "Conv", "Reshape", "Slice", "Gather", "LSTM", "Pad", "Expand", "STFT", "axis", "perm",
            "pads", "strides", "group", "to", "com.microsoft", "\u{8}\u{7f}", "\u{18}\0", "@\u{7f}",
        ]
        let pool = ComputePool(threads: 1), mutator = Mutator(seeds: graphs.map(\.model), words: words)
        return FuzzTarget(name: "graph", mutator: mutator) { input, origin, folder in
            let path = folder.appending(path: "model.onnx").path
            guard write(input, path), let file = try? GraphFile(path: path),
                let program = try? GraphProgram(file, memoryLimit: 1 << 24, pool: pool)
            else { return false }
            var values = graphs[origin].given
            for name in program.inputs where values[name] == nil { values[name] = GraphValue([Float(0)], []) }
            return (try? program.run(values, Step(pool: pool))) != nil
        }
    }
}

/// What the operators are tested with (scripts/goldens/make_operators.py).
private struct OperatorCases: Decodable {
    struct Case: Decodable {
        let graph: String
        let name: String
        let inputs: [String: Value]
    }

    struct Value: Decodable {
        let kind: String
        let shape: [Int]
        let values: [Double]

        var value: GraphValue {
            let numbers: GraphNumbers =
                switch kind {
                case "int64": .integers(values.map { Int(exactly: $0) ?? ($0 < 0 ? .min : .max) })
                case "int32": .words(values.map(Int32.init))
                case "bool": .bools(values.map { $0 != 0 })
                case "uint8": .bytes(values.map(UInt8.init))
                case "int8": .signedBytes(values.map(Int8.init))
                default: .floats(values.map(Float.init))
                }
            return GraphValue(numbers, shape)
        }
    }

    let cases: [Case]
}

/// A model whose nodes, tensors, inputs and outputs are called `CASE.…`, taken apart by cases.
private struct ModelParts {
    /// What stands beside the graph, such as versions.
    private var frame: [UInt8] = []
    private var graphs: [Substring: [UInt8]] = [:]

    private static let graph = 7
    /// Of each kind of a graph's parts the field that holds its name, or that of what it gives.
    private static let names = [1: 2, 5: 8, 11: 1, 12: 1]

    init(_ url: URL) throws {
        for field in Self.fields([UInt8](try Data(contentsOf: url))[...]) {
            guard field.number == Self.graph else {
                frame += field.bytes
                continue
            }
            for part in Self.fields(field.content) {
                guard let place = Self.names[part.number],
                    let name = Self.fields(part.content).first(where: { $0.number == place })
                else { continue }
                let text = String(decoding: name.content, as: UTF8.self)
                graphs[text.prefix { $0 != "." }, default: []] += part.bytes
            }
        }
    }

    /// The model of one case alone.
    func model(of name: String) -> [UInt8]? {
        guard let graph = graphs[name[...]] else { return nil }
        var bytes = frame
        bytes.append(UInt8(Self.graph << 3 | 2))
        bytes += Self.varint(graph.count)
        return bytes + graph
    }

    /// The fields of a message: with their tags, and what they hold where they have a length.
    private static func fields(
        _ message: ArraySlice<UInt8>
    ) -> [(number: Int, bytes: ArraySlice<UInt8>, content: ArraySlice<UInt8>)] {
        var fields: [(number: Int, bytes: ArraySlice<UInt8>, content: ArraySlice<UInt8>)] = [],
            place = message.startIndex
        func number() -> Int {
            var value = 0, shift = 0
            while place < message.endIndex, shift < 63 {
                let byte = message[place]
                place += 1
                value |= Int(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return value
        }
        while place < message.endIndex {
            let start = place, tag = number()
            var content = place
            switch tag & 7 {
            case 0: _ = number()
            case 1: place += 8
            case 2:
                let count = number()
                content = place
                place += count
            default: place += 4
            }
            place = min(place, message.endIndex)
            fields.append((tag >> 3, message[start..<place], message[min(content, place)..<place]))
        }
        return fields
    }

    private static func varint(_ value: Int) -> [UInt8] {
        var rest = value, all: [UInt8] = []
        repeat {
            all.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return all
    }
}
