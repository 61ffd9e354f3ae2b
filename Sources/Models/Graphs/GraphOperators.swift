import TuttiCheckpoints

/// The operators that graphs are computed with, by name: ONNX's own, and some of ONNX Runtime's.
enum GraphOperators {
    private static let own: [String: GraphOperator] = [
        Elementwise.operators, Arithmetic.operators, Reductions.operators, Normalizations.operators, Shapes.operators,
        Moves.operators, Products.operators, Quantization.operators, Convolutions.operators, Recurrent.operators,
        Signal.operators, Pictures.operators,
    ].reduce(into: [:]) { all, group in all.merge(group) { first, _ in first } }
    /// Of these, those that are ONNX Runtime's.
    private static let runtimes: Set<String> = [
        "FastGelu", "BiasGelu", "Gelu", "SkipLayerNormalization", "FusedMatMul", "DynamicQuantizeLSTM",
    ]

    /// nil for one that is not known.
    static func named(_ node: GraphNode) -> GraphOperator? {
        switch node.domain {
        case "", "ai.onnx": own[node.operation]
        case "com.microsoft": runtimes.contains(node.operation) ? own[node.operation] : nil
        default: nil
        }
    }

    /// As errors call it.
    static func title(_ node: GraphNode) -> String {
        node.domain.isEmpty ? node.operation : "\(node.domain).\(node.operation)"
    }
}
