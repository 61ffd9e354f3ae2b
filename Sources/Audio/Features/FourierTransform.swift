import Foundation

/// The discrete Fourier transform of a fixed length, by Stockham's self-sorting form of the fast one (mixed radix).
///
/// `X[k] = Σ x[n]·e^(−2πi·kn/N)`, unscaled. Fast where the length has small factors only, and right for any.
/// - SeeAlso: Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), section 1.7.
public struct FourierTransform: Sendable {
    public let count: Int

    /// A pass: butterflies of `radix` inputs over `span` blocks of `stride` numbers.
    struct Pass: Sendable {
        let radix: Int
        let span: Int
        let stride: Int
        /// `e^(−2πi·jk/radix)`, row by row.
        let roots: [SIMD2<Float>]
        /// `e^(−2πi·pj/(radix·span))`, `radix` for each block `p`.
        let twiddles: [SIMD2<Float>]
    }

    private let passes: [Pass]

    /// - Precondition: `count` is positive.
    public init(count: Int) {
        precondition(count > 0, "a transform of \(count) numbers")
        self.count = count
        var rest = count, stride = 1, passes: [Pass] = []
        for factor in FourierTransform.factors(of: count) {
            let span = rest / factor
            let roots = (0..<factor * factor).map { FourierTransform.root($0 / factor * ($0 % factor), of: factor) }
            let twiddles = (0..<span * factor).map { FourierTransform.root($0 / factor * ($0 % factor), of: rest) }
            passes.append(Pass(radix: factor, span: span, stride: stride, roots: roots, twiddles: twiddles))
            rest = span
            stride *= factor
        }
        self.passes = passes
    }

    private static func root(_ power: Int, of count: Int) -> SIMD2<Float> {
        let angle = -2 * Double.pi * Double(power % count) / Double(count)
        return SIMD2(Float(cos(angle)), Float(sin(angle)))
    }

    private static func factors(of count: Int) -> [Int] {
        var rest = count, factors: [Int] = []
        for factor in [4, 2, 3, 5] {
            while rest % factor == 0 {
                factors.append(factor)
                rest /= factor
            }
        }
        var factor = 7
        while rest > 1 {
            while rest % factor == 0 {
                factors.append(factor)
                rest /= factor
            }
            factor += 2
        }
        return factors
    }

    /// Transforms in place; `scratch` is as long.
    /// - Parameter values: Complex numbers, real part first.
    public func callAsFunction(_ values: inout [SIMD2<Float>], scratch: inout [SIMD2<Float>]) {
        precondition(values.count == count && scratch.count == count, "\(values.count) numbers for \(count)")
        for pass in passes {
            pass.run(values.span, scratch.mutableSpan)
            swap(&values, &scratch)
        }
    }
}

extension FourierTransform.Pass {
    @inline(__always)
    private func product(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> SIMD2<Float> {
        SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
    }

    func run(_ input: Span<SIMD2<Float>>, _ output: consuming MutableSpan<SIMD2<Float>>) {
        let roots = roots.span, twiddles = twiddles.span
        for block in 0..<span {
            for place in 0..<stride {
                for j in 0..<radix {
                    var sum = SIMD2<Float>(0, 0)
                    for k in 0..<radix {
                        sum += product(input[place + stride * (block + k * span)], roots[j * radix + k])
                    }
                    output[place + stride * (radix * block + j)] = product(sum, twiddles[block * radix + j])
                }
            }
        }
    }
}
