import Foundation
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

// Computes graphs that standard input asks for, a JSON object a line, and answers with times: the Swift half of graphs.py,
// which lets ONNX Runtime do the same by turns.
//
//     {"graph":"det.onnx","shape":[1,736,1280,3],"input":"x.f32","output":"y.f32"}      → {"took":…,"shape":[…]}
//
// `input` holds float32 numbers of that shape, channels last. With `profile` the times of all operators come too.

struct Order: Decodable {
    let graph: String
    let shape: [Int]
    let input: String
    let output: String?
    let profile: Bool?
}

struct Report: Encodable {
    var took: Double?
    var shape: [Int]?
    /// Milliseconds of each node, in order.
    var nodes: [Node]?
    var error: String?

    struct Node: Encodable {
        let operation: String
        let name: String
        let milliseconds: Double
    }
}

final class Graphs {
    private let pool: ComputePool
    private let step: Step
    private var programs: [String: GraphProgram] = [:]
    private var inputs: [String: [Float]] = [:]

    init(threads: Int) {
        pool = ComputePool(threads: threads)
        step = Step(pool: pool)
    }

    func report(_ line: String) throws -> Report {
        let order = try JSONDecoder().decode(Order.self, from: Data(line.utf8))
        let program = try programs[order.graph] ?? GraphProgram(GraphFile(path: order.graph), pool: pool)
        programs[order.graph] = program
        if inputs[order.input] == nil {
            let data = try Data(contentsOf: URL(filePath: order.input))
            inputs[order.input] = (0..<data.count / 4).map { place in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[4 * place + $1]) << (8 * UInt32($1)) })
            }
        }
        var nodes: [Report.Node] = []
        let start = ContinuousClock.now
        var last = start
        let outputs = try program.run(
            channelsLast: inputs[order.input] ?? [], order.shape, step,
            observe: { name, node in
                if order.profile == true {
                    let now = ContinuousClock.now
                    nodes.append(.init(operation: name, name: node, milliseconds: (now - last) / .milliseconds(1)))
                    last = now
                }
            })
        let took = (ContinuousClock.now - start) / .seconds(1)
        if let file = order.output, let floats = outputs[0].floats {
            let bytes = floats.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            }
            try Data(bytes).write(to: URL(filePath: file))
        }
        return Report(took: took, shape: outputs[0].shape, nodes: order.profile == true ? nodes : nil)
    }
}

let graphs = Graphs(threads: CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2)
let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys]
while let line = readLine() {
    var report: Report
    do { report = try graphs.report(line) } catch { report = Report(error: "\(error)") }
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
    fflush(nil)
}
