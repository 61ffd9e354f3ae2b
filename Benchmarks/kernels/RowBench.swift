import CKernels
import TuttiTensors

extension Bench {
    /// What is done row by row between products, on 512 rows of Qwen2.5 0.5B, and what is done with its logits.
    func rows() {
        let rows = 512, hidden = 896, feedForward = 4864, step = Step(pool: pool)
        let x = Bench.tensor(rows, hidden, step), weight = Bench.numbers(hidden)
        measure(.rows, "rms norm \(rows) × \(hidden)", Bench.walk(rows * hidden, reads: 1)) {
            step.frame { _ = step.rmsNorm(x, weight, epsilon: 1e-6) }
        }
        let y = step.scratch(rows, hidden)
        measure(.rows, "layer norm \(rows) × \(hidden)", Bench.walk(rows * hidden, reads: 1)) {
            step.layerNorm(x, weight, weight, epsilon: 1e-6, into: y)
        }
        let zeros = step.zeros(rows, hidden)
        measure(.rows, "add \(rows) × \(hidden)", Bench.walk(rows * hidden, reads: 2)) {
            step.add(zeros, to: x)
        }
        // Gated in place again and again: of 30 both functions make 30, and numbers never wear out.
        let gate = step.scratch(rows, feedForward), up = step.scratch(rows, feedForward)
        gate.fill(from: Array(repeating: 30, count: gate.count))
        up.fill(from: Array(repeating: 1, count: up.count))
        for (name, activation) in [("silu", Activation.silu), ("gelu", .geluTanh)] {
            let work = Bench.walk(rows * feedForward, reads: 2)
            measure(.rows, "\(name) · up \(rows) × \(feedForward)", work) { _ = step.gated(gate, up, activation) }
        }
        if pool.threadCount == 1 { logits() }
    }

    /// The sampler's passes over a vocabulary, by one thread.
    private func logits() {
        let vocabulary = 151_936, logits = Bench.numbers(vocabulary)
        unsafe logits.withUnsafeBufferPointer { logits in
            guard let base = logits.baseAddress else { return }
            measure(.rows, "argmax of \(vocabulary)", Bench.walk(vocabulary, reads: 1)) {
                unsafe _ = tutti_argmax_f32(base, vocabulary)
            }
            measure(.rows, "softmax of \(vocabulary)", Bench.walk(vocabulary, reads: 2)) {
                unsafe _ = tutti_sum_exp_f32(base, tutti_max_f32(base, vocabulary), vocabulary)
            }
        }
    }

    /// What has to be read; results are written at the same time.
    private static func walk(_ count: Int, reads: Int) -> Work {
        Work(cacheBytes: Double(count * reads * MemoryLayout<Float>.size))
    }
}
