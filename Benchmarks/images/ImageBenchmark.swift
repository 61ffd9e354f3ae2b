import Foundation
import TuttiImages

/// Decodes, resizes and straightens a picture of 12 megapixels on one thread, and prints the milliseconds of each as JSON.
///
///     ImageBenchmark FOLDER        (big.png, big.jpg and so on, as images.py makes them)
@main struct ImageBenchmark {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else { fatalError("ImageBenchmark FOLDER") }
        let folder = URL(filePath: CommandLine.arguments[1])
        let big = try Picture(contentsOf: folder.appending(path: "big.png"))
        var times: [String: Double] = [:]
        for name in ["big.png", "big.jpg", "progressive.jpg", "big.webp"] {
            let bytes = try Data(contentsOf: folder.appending(path: name))
            times["decode \(name)"] = try milliseconds(3) { _ = try Picture(decoding: bytes) }
        }
        for (width, height) in [(512, 384), (1536, 1152)] {
            for filter in [ResizeFilter.bilinear, .bicubic, .lanczos] {
                times["\(filter) \(width) × \(height)"] = milliseconds(5) {
                    _ = big.resized(width: width, height: height, filter: filter)
                }
            }
        }
        times["OpenCV linear 1280 × 960"] = milliseconds(5) { _ = big.resizedAsOpenCV(width: 1280, height: 960) }
        let corners = [(100.0, 100.0), (3000, 200), (2900, 400), (90, 300)].map { PicturePoint(x: $0.0, y: $0.1) }
        times["warp 2900 × 200"] = milliseconds(5) { _ = big.warped(corners: corners, width: 2900, height: 200) }
        print(String(decoding: try JSONEncoder().encode(times), as: UTF8.self))
    }

    /// The quickest of some rounds, after one that is not counted.
    private static func milliseconds(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
        try body()
        return try (0..<rounds).map { _ in
            let start = ContinuousClock.now
            try body()
            return (ContinuousClock.now - start) / .milliseconds(1)
        }.min() ?? 0
    }
}
