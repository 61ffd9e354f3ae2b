import Foundation
import TuttiCheckpoints
import TuttiImages
import TuttiTensors
import TuttiVision

// Reads and names the pictures that standard input asks for, a JSON object a line, and answers with times: the Swift
// half of perception.py, which lets other programs do the same by turns.
//
//     {"do":"read","file":"a.png"}  → {"lines":[…],"took":…}
//     {"do":"name","file":"a.png"}  → {"lines":[…],"took":…}
//
// The first argument is how many threads compute.

struct Order: Decodable {
    let `do`: String
    let file: String
}

struct Report: Encodable {
    /// What is written, or the likeliest names.
    var lines: [String] = []
    /// Seconds, decoding the file not among them.
    var took = 0.0
    var error: String?
}

/// The models, which stay loaded.
struct Looker {
    let step: Step
    let reader: TextReader
    let namer: PictureNamer

    init(threads: Int) throws {
        let pool = ComputePool(threads: threads), store = try ModelStore()
        step = Step(pool: pool)
        reader = try TextReader(folder: store.path(of: "pp-ocrv6"), pool: pool)
        namer = try PictureNamer(folder: store.path(of: "efficientnet-lite0"), pool: pool)
    }

    func report(_ line: String) throws -> Report {
        let order = try JSONDecoder().decode(Order.self, from: Data(line.utf8))
        let picture = try Picture(contentsOf: URL(filePath: order.file))
        let start = ContinuousClock.now
        step.reset()
        let lines =
            order.do == "read"
            ? try reader.read(picture, step).map(\.text) : namer.labels(of: picture, step).map(\.name)
        return Report(lines: lines, took: (ContinuousClock.now - start) / .seconds(1))
    }
}

let looker = try Looker(threads: CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 2 : 2)
while let line = readLine() {
    var answer = Report()
    do { answer = try looker.report(line) } catch { answer.error = "\(error)" }
    FileHandle.standardOutput.write(try JSONEncoder().encode(answer) + Data("\n".utf8))
}
