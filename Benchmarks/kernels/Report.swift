import Foundation

/// All that was measured, as Markdown or as JSON.
struct Report: Encodable {
    let cpu: String
    let features: [String]
    let kernels: String
    var limits: [Limits] = []
    var results: [Result] = []

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func table() -> String {
        var lines = ["CPU: \(cpu) (\(features.joined(separator: " "))); \(kernels) kernels", ""]
        lines.append(
            "| threads | memory, GB/s | caches, GB/s | int8, G multiply-adds/s | float32, G multiply-adds/s "
                + "| bfloat16, G multiply-adds/s |")
        lines.append("|---:|---:|---:|---:|---:|---:|")
        for limit in limits {
            let rates = [
                limit.memoryBytesPerSecond, limit.cacheBytesPerSecond, limit.int8PerSecond, limit.floatPerSecond,
                limit.bfloat16PerSecond,
            ]
            let cells = rates.map { $0.map(Report.billions) ?? "" }
            lines.append("| \(limit.threads) | " + cells.joined(separator: " | ") + " |")
        }
        guard !results.isEmpty else { return lines.joined(separator: "\n") }
        lines += ["", "| kernel | threads | µs | G multiply-adds/s | GB/s | limit | share |"]
        lines.append("|---|---:|---:|---:|---:|---|---:|")
        for result in results {
            lines.append(
                "| \(result.name) | \(result.threads) | \(Report.number(result.microseconds)) "
                    + "| \(result.multiplyAddsPerSecond > 0 ? Report.billions(result.multiplyAddsPerSecond) : "") "
                    + "| \(result.bytesPerSecond > 0 ? Report.billions(result.bytesPerSecond) : "") "
                    + "| \(result.limit) | \(Int((result.share * 100).rounded())) % |")
        }
        return lines.joined(separator: "\n")
    }

    private static func billions(_ rate: Double) -> String { number(rate / 1e9) }

    private static func number(_ value: Double) -> String { String(format: value < 100 ? "%.1f" : "%.0f", value) }
}
