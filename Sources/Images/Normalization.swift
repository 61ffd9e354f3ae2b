/// How steps of 0 to 255 become the numbers that a model was trained on: `(value ∕ scale − mean) ∕ deviation`, in f32.
public struct PixelNormalization: Sendable, Hashable {
    /// In which order a pixel's channels come.
    public enum Order: Sendable { case rgb, bgr }

    public var scale: Float
    /// Of red, green and blue, whatever the order.
    public var mean: [Float]
    public var deviation: [Float]
    public var order: Order

    /// - Precondition: `mean` and `deviation` have three numbers each.
    public init(scale: Float = 255, mean: [Float], deviation: [Float], order: Order = .rgb) {
        precondition(mean.count == 3 && deviation.count == 3, "PixelNormalization: \(mean), \(deviation)")
        (self.scale, self.mean, self.deviation, self.order) = (scale, mean, deviation, order)
    }

    /// From −1 to 1: SigLIP, PP-OCR.
    public static let symmetric = PixelNormalization(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    /// CLIP's, which Qwen2-VL and LLaVA take too.
    public static let clip = PixelNormalization(
        mean: [0.481_454_66, 0.457_827_5, 0.408_210_73], deviation: [0.268_629_54, 0.261_302_58, 0.275_777_11])
    /// Of the pictures of ImageNet.
    public static let imageNet = PixelNormalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

    /// What each step of each channel becomes: `[3, 256]`, in ``order``.
    fileprivate var table: [Float] {
        (order == .rgb ? [0, 1, 2] : [2, 1, 0]).flatMap { channel in
            (0..<256).map { (Float($0) / scale - mean[channel]) / deviation[channel] }
        }
    }
}

extension Picture {
    /// `[height, width, 3]`, as the operators take it.
    public func channelsLast(_ normalization: PixelNormalization) -> [Float] {
        var values = [Float](repeating: 0, count: pixels.count)
        var span = values.mutableSpan
        writeChannelsLast(normalization, into: &span)
        return values
    }

    /// `[3, height, width]`: a plane for each channel.
    public func planes(_ normalization: PixelNormalization) -> [Float] {
        var values = [Float](repeating: 0, count: pixels.count)
        var span = values.mutableSpan
        writePlanes(normalization, into: &span)
        return values
    }

    /// Writes `[height, width, 3]`.
    /// - Precondition: `target` has room for it; what follows is left as it is.
    public func writeChannelsLast(_ normalization: PixelNormalization, into target: inout MutableSpan<Float>) {
        precondition(target.count >= pixels.count, "writeChannelsLast: \(pixels.count) into \(target.count)")
        let table = normalization.table, steps = table.span, source = pixels.span
        let (first, last) = normalization.order == .rgb ? (0, 2) : (2, 0)
        for place in stride(from: 0, to: source.count, by: 3) {
            target[place] = steps[Int(source[place + first])]
            target[place + 1] = steps[256 + Int(source[place + 1])]
            target[place + 2] = steps[512 + Int(source[place + last])]
        }
    }

    /// Writes `[3, height, width]`.
    /// - Precondition: `target` has room for it; what follows is left as it is.
    public func writePlanes(_ normalization: PixelNormalization, into target: inout MutableSpan<Float>) {
        precondition(target.count >= pixels.count, "writePlanes: \(pixels.count) into \(target.count)")
        let table = normalization.table, steps = table.span, source = pixels.span
        let (first, last) = normalization.order == .rgb ? (0, 2) : (2, 0)
        let count = width * height
        for index in 0..<count {
            target[index] = steps[Int(source[3 * index + first])]
            target[count + index] = steps[256 + Int(source[3 * index + 1])]
            target[2 * count + index] = steps[512 + Int(source[3 * index + last])]
        }
    }
}
