import TuttiCheckpoints
public import TuttiImages
public import TuttiTensors

/// The first of the three graphs that PP-OCR (PaddlePaddle 2026, version 6, small) reads pictures with: where text
/// stands.
///
/// - SeeAlso: arXiv:1911.08947 for what its map means.
public struct TextDetector: Sendable {
    /// Sides that pictures must be multiples of.
    public static let sideUnit = 32
    private let graph: PictureGraph

    /// - Throws: `CheckpointError`, ``GraphError``, ``ModelError``.
    public init(path: String, pool: ComputePool) throws { graph = try PictureGraph(path: path, pool: pool) }

    /// How likely text is at each point of a picture, but for its rim.
    /// - Returns: `[height, width]`, 0 to 1.
    /// - Throws: ``GraphError``; `CancellationError`.
    public func probabilities(
        of picture: Picture, _ step: Step, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        precondition(
            picture.width % Self.sideUnit == 0 && picture.height % Self.sideUnit == 0,
            "\(picture.width) × \(picture.height) are no multiples of \(Self.sideUnit)")
        return try graph.run([picture], width: picture.width, step, isCancelled) { shape in
            shape == [1, 1, picture.height, picture.width]
        }.values
    }
}

/// The second of PP-OCR's graphs: whether a line stands on its head.
public struct TextDirection: Sendable {
    /// What lines are scaled to; shorter ones are filled up to the width.
    public static let lineHeight = 48
    public static let lineWidth = 192
    private let graph: PictureGraph

    /// - Throws: `CheckpointError`, ``GraphError``, ``ModelError``.
    public init(path: String, pool: ComputePool) throws { graph = try PictureGraph(path: path, pool: pool) }

    /// How likely each line stands on its head, 0 to 1.
    /// - Parameter lines: ``lineHeight`` high, at most ``lineWidth`` wide.
    /// - Throws: ``GraphError``; `CancellationError`.
    public func probabilities(
        of lines: [Picture], _ step: Step, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        guard !lines.isEmpty else { return [] }
        let values = try graph.run(lines, width: Self.lineWidth, step, isCancelled) { $0 == [lines.count, 2] }.values
        return lines.indices.map { values[2 * $0 + 1] }
    }
}

/// The third of PP-OCR's graphs: what a line says.
public struct TextRecognizer: Sendable {
    /// What lines are scaled to.
    public static let lineHeight = 48
    private let graph: PictureGraph
    /// What each class stands for; the first stands for nothing.
    private let characters: [String]

    /// What was read of a line.
    public struct Reading: Sendable, Equatable {
        public let text: String
        /// The mean over its characters, 0 to 1; 0 where there are none.
        public let confidence: Float

        public init(text: String, confidence: Float) { (self.text, self.confidence) = (text, confidence) }
    }

    /// - Throws: `CheckpointError`, ``GraphError``; ``ModelError`` where the file does not say which characters it
    ///   knows.
    public init(path: String, pool: ComputePool) throws {
        graph = try PictureGraph(path: path, pool: pool)
        guard let list = graph.metadata["character"], !list.isEmpty else {
            throw ModelError.badValue(
                key: "character", value: "nothing", wants: "the characters that it knows, one a line", file: path)
        }
        let known = list.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        characters = [""] + known + [" "]
    }

    /// The most points that are looked at in one go: the outputs of many wide lines take much memory.
    private static let mostColumns = 9600

    /// Reads lines.
    /// - Parameters:
    ///   - lines: ``lineHeight`` high, at most `width` wide.
    ///   - width: What all of them are filled up to; what comes out depends a little on it.
    /// - Throws: ``GraphError``; `CancellationError`.
    public func read(
        _ lines: [Picture], width: Int, _ step: Step, isCancelled: () -> Bool = { false }
    ) throws -> [Reading] {
        let atOnce = max(1, Self.mostColumns / width)
        return try stride(from: 0, to: lines.count, by: atOnce).flatMap { start in
            let part = Array(lines[start..<min(start + atOnce, lines.count)])
            let (values, shape) = try graph.run(part, width: width, step, isCancelled) { shape in
                shape.count == 3 && shape[0] == part.count && shape[2] == characters.count
            }
            let size = shape[1] * shape[2]
            return part.indices.map { read(values[$0 * size..<($0 + 1) * size]) }
        }
    }

    /// The best class at each step, without what repeats and what stands for nothing.
    /// - SeeAlso: Graves et al. 2006, "Connectionist Temporal Classification", section 3.2.
    /// - Parameter probabilities: `[steps, classes]`.
    private func read(_ probabilities: ArraySlice<Float>) -> Reading {
        var text = "", sum: Float = 0, count = 0, last = 0
        unsafe probabilities.withUnsafeBufferPointer { all in
            for step in stride(from: 0, to: all.count, by: characters.count) {
                var best = 0, value = -Float.infinity
                for index in characters.indices where unsafe all[step + index] > value {
                    unsafe (best, value) = (index, all[step + index])
                }
                if best != 0, best != last {
                    text += characters[best]
                    sum += value
                    count += 1
                }
                last = best
            }
        }
        return Reading(text: text, confidence: count == 0 ? 0 : sum / Float(count))
    }
}

/// A graph that takes pictures: blue, green and red from -1 to 1.
private struct PictureGraph: Sendable {
    let metadata: [String: String]
    private let program: GraphProgram

    init(path: String, pool: ComputePool) throws {
        let file = try GraphFile(path: path)
        program = try GraphProgram(file, pool: pool)
        guard program.inputs.count == 1, program.outputs.count == 1 else {
            throw ModelError.badValue(
                key: "inputs", value: "\(program.inputs.prefix(8))", wants: "one, and one output", file: path)
        }
        metadata = file.metadata
    }

    /// - Parameters:
    ///   - pictures: Of one height, at most `width` wide; the rest of the width is filled with zeros.
    ///   - fits: Whether the output has a shape that makes sense.
    func run(
        _ pictures: [Picture], width: Int, _ step: Step, _ isCancelled: () -> Bool, fits: ([Int]) -> Bool
    ) throws -> (values: [Float], shape: [Int]) {
        let height = pictures[0].height
        let output = try program.run(
            channelsLast: Self.values(pictures, width: width, height: height), [pictures.count, height, width, 3], step,
            isCancelled: isCancelled)[0]
        guard let values = output.floats, fits(output.shape) else {
            throw GraphError.malformed(
                "it makes \(output.shape) of \(pictures.count) pictures of \(width) × \(height) points")
        }
        return (values, output.shape)
    }

    private static let normalization = PixelNormalization(
        mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5], order: .bgr)

    /// `[pictures, height, width, 3]`.
    private static func values(_ pictures: [Picture], width: Int, height: Int) -> [Float] {
        if pictures.count == 1, pictures[0].width == width { return pictures[0].channelsLast(normalization) }
        var values = [Float](repeating: 0, count: pictures.count * height * width * 3)
        for (number, picture) in pictures.enumerated() {
            precondition(picture.height == height && picture.width <= width, "a picture that does not fit")
            let own = picture.channelsLast(normalization), rowCount = picture.width * 3
            for y in 0..<height {
                let start = (number * height + y) * width * 3
                values.replaceSubrange(start..<start + rowCount, with: own[y * rowCount..<(y + 1) * rowCount])
            }
        }
        return values
    }
}
