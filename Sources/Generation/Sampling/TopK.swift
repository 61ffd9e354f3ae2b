/// Keeps the `k` likeliest tokens; of equally likely ones those with the lower id.
///
/// Range: 0 (keeps all) upwards; more than the vocabulary keeps all. Typical: 20 to 64.
/// - Complexity: O(n) for n logits, with a small constant, and O(k log n): the vocabulary is never sorted.
/// - SeeAlso: Fan, Lewis and Dauphin 2018, arXiv:1805.04833, section 5.4.
public struct TopK: Sendable {
    let count: Int

    public init(_ count: Int) throws(SamplingError) {
        guard count >= 0 else { throw .outOfRange(option: "topK", value: Double(count), range: "0 (off) or more") }
        self.count = count
    }

    var isOff: Bool { count == 0 }

    func keep(_ candidates: inout Candidates) { if !isOff { candidates.truncate(to: count) } }
}
