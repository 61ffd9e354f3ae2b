/// Names of objects: a prefix that tells their kind, and 24 characters by chance.
public enum Identifier {
    private static let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

    /// Such as `resp_4fZ…`; the separator belongs to the prefix (`chatcmpl-`, `resp_`, `msg_`, `file-`).
    public static func make(_ prefix: String, length: Int = 24) -> String {
        var generator = SystemRandomNumberGenerator()
        return prefix + String((0..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
    }
}
