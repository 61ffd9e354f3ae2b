import Foundation
import TuttiModels
import TuttiTensors

// Encodes pictures as standard input asks, a JSON object a line, and answers with times: the Swift half of encoders.py, which
// lets PyTorch do the same by turns.
//
//     {"folder":"…","pixels":"a.f32","shape":[1,3,512,512],"grid":[],"hidden":576,"rounds":true,"rows":"out.f32"}
//         → {"took":…,"rows":…,"width":…}
//
// `pixels` are the prepared picture's float32 numbers, and `rows`, where it is given, is where the encoder's go. With `rounds`
// bfloat16 weights meet inputs in bfloat16, where the processor can do that; without, everything is float32.

struct Order: Decodable {
    let folder: String
    let pixels: String
    let shape: [Int]
    let grid: [Int]
    let hidden: Int
    let rows: String?
    let rounds: Bool
}

struct Report: Encodable {
    /// Seconds.
    var took: Double
    var rows: Int
    var width: Int
}

/// The encoders that were asked for, which stay loaded.
struct Encoders {
    let step: Step
    private var known: [String: Eyes] = [:]

    init(threads: Int) { step = Step(pool: ComputePool(threads: threads)) }

    mutating func report(_ line: String) throws -> Report {
        let order = try JSONDecoder().decode(Order.self, from: Data(line.utf8))
        let eyes =
            if let eyes = known[order.folder] { eyes } else {
                try Registry.eyes(order.folder, hidden: order.hidden, pool: step.pool)
            }
        guard let eyes else { throw CocoaError(.fileReadUnknown) }
        known[order.folder] = eyes
        let bytes = try Data(contentsOf: URL(filePath: order.pixels))
        let values = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
        let picture = PreparedPicture(values: values, shape: order.shape, grid: order.grid)
        let start = ContinuousClock.now
        step.reset()
        let rows = order.rounds ? eyes.rows(of: picture, step) : eyes.encoder(picture, step)
        let took = (ContinuousClock.now - start) / .seconds(1)
        if let file = order.rows {
            let all = (0..<rows.rows).flatMap { rows.values(row: $0) }
            try unsafe all.withUnsafeBytes { unsafe Data($0) }.write(to: URL(filePath: file))
        }
        return Report(took: took, rows: rows.rows, width: rows.width)
    }
}

var encoders = Encoders(threads: CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2)
ComputePool.joinThread()
while let line = readLine() {
    let report = try encoders.report(line)
    print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    fflush(nil)
}
