/// Samples in the text format of Prometheus, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    typealias Labels = [(name: String, value: String)]

    /// Opens a family of samples.
    /// - Parameter kind: `counter`, `gauge` or `histogram`.
    mutating func family(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func sample(_ name: String, _ labels: Labels = [], _ value: Double) {
        text += name + Self.text(labels) + " " + Self.text(value) + "\n"
    }

    mutating func sample(_ name: String, _ labels: Labels = [], _ value: Int) {
        text += name + Self.text(labels) + " \(value)\n"
    }

    mutating func histogram(_ name: String, _ labels: Labels, _ histogram: Histogram) {
        for (bound, count) in histogram.cumulative {
            sample("\(name)_bucket", labels + [("le", Self.text(bound))], count)
        }
        sample("\(name)_bucket", labels + [("le", "+Inf")], histogram.count)
        sample("\(name)_sum", labels, histogram.sum)
        sample("\(name)_count", labels, histogram.count)
    }

    private static func text(_ labels: Labels) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
