public import Foundation

/// What kind of model that looks at pictures lies in a folder, told by the names of its files.
public enum SeeingModelForm: Sendable, Hashable {
    /// PP-OCR, which reads: three `.onnx` files, with `_det`, `_cls` and `_rec` in their names.
    case reader
    /// EfficientNet-lite0, which names: a `.pth` file, and a `.json` file with the names of its classes.
    case namer

    /// nil for what does not look at pictures so.
    public init?(at location: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: location.path)) ?? []
        if Self.graphParts.allSatisfy({ Self.graph($0, among: names) != nil }) {
            self = .reader
        } else if names.contains(where: { $0.hasSuffix(".pth") }), names.contains(where: { $0.hasSuffix("names.json") })
        {
            self = .namer
        } else {
            return nil
        }
    }

    static let graphParts = ["det", "cls", "rec"]

    /// The file of one of PP-OCR's graphs.
    static func graph(_ part: String, among names: [String]) -> String? {
        names.sorted().first { $0.hasSuffix(".onnx") && $0.contains("_\(part)") }
    }
}
