import TuttiCheckpoints
public import TuttiTensors

/// Kokoro (hexgrad 2025, 82 million parameters): phonemes and a style in, speech at 24 kHz out. It is StyleTTS 2
/// (arXiv:2306.07691) with the vocoder of iSTFTNet (arXiv:2203.02395), run as the graph that it is shipped as.
///
/// Nothing in the graph is left to chance: the same phonemes, style and speed give the same sound.
public struct Kokoro: Sendable {
    /// Samples in a second.
    public static let sampleRate = 24_000
    /// Numbers of a style.
    public static let styleWidth = 256
    /// The most tokens that are spoken at once, without the marks at both ends.
    public static let mostTokens = 510
    private let program: GraphProgram

    /// - Parameter path: The ONNX file, whose weights may be rounded to bytes.
    /// - Throws: `CheckpointError`, ``GraphError``; ``ModelError`` where the graph asks for something else.
    public init(path: String, pool: ComputePool) throws {
        let file = try GraphFile(path: path)
        let asked = Set(file.graph.inputs.filter { file.graph.initializers[$0] == nil })
        guard asked == ["tokens", "style", "speed"], file.graph.outputs.count == 1 else {
            throw ModelError.badValue(
                key: "inputs", value: "\(asked.sorted().prefix(8))", wants: "tokens, style and speed", file: path)
        }
        program = try GraphProgram(file, pool: pool)
    }

    /// Says some phonemes.
    /// - Parameters:
    ///   - tokens: 1 to ``mostTokens`` of the model's vocabulary.
    ///   - style: ``styleWidth`` numbers, those of a speaker for as many tokens.
    ///   - speed: 1 for the speaker's own.
    /// - Returns: Samples, full scale from -1 to 1.
    /// - Throws: ``GraphError``, such as for tokens that are not in the vocabulary; `CancellationError`.
    public func samples(
        tokens: [Int], style: [Float], speed: Float = 1, _ step: Step, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        guard 1...Kokoro.mostTokens ~= tokens.count, style.count == Kokoro.styleWidth, speed > 0, speed.isFinite else {
            throw GraphError.badInput(
                "\(tokens.count) tokens, a style of \(style.count) numbers and a speed of \(speed); it takes 1 to "
                    + "\(Kokoro.mostTokens) tokens, \(Kokoro.styleWidth) numbers and a speed above 0")
        }
        let given = [
            "tokens": GraphValue([0] + tokens + [0], [1, tokens.count + 2]),
            "style": GraphValue(style, [1, style.count]),
            "speed": GraphValue([speed], [1]),
        ]
        guard let samples = try program.run(given, step, isCancelled: isCancelled)[0].floats else {
            throw GraphError.malformed("its output is not of float32")
        }
        return samples
    }
}
