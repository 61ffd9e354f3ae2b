import Crypto
import Tutti

/// `system_fingerprint`: the same as long as a seed gives the same answer.
enum SystemFingerprint {
    /// - Parameter model: The model's own name.
    static func of(_ model: String) -> String {
        let parts = [tuttiVersion, Processor.kernels, model].joined(separator: "\n")
        let digest = SHA256.hash(data: Array(parts.utf8))
        return "fp_" + digest.prefix(5).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
