/// How a resized pixel is made of those that it covers, as Pillow's filters of the same names do.
///
/// When a picture is made smaller the filter is stretched with it, so nothing is left out ("antialiasing"); when it is made
/// larger the filter is as wide as it is defined. ``nearest`` takes one pixel in both directions.
public enum ResizeFilter: String, Sendable, CaseIterable {
    case nearest, box, bilinear, hamming, bicubic, lanczos

    /// How far it reaches to each side, in pixels of the smaller of both pictures.
    var support: Double {
        switch self {
        case .nearest: 0
        case .box: 0.5
        case .bilinear, .hamming: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight of a pixel `x` away.
    func weight(_ x: Double) -> Double {
        switch self {
        case .nearest: 0
        case .box: x > -0.5 && x <= 0.5 ? 1 : 0
        case .bilinear: max(0, 1 - abs(x))
        case .hamming: abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * cosine(.pi * x))
        case .bicubic: ResizeFilter.cubic(abs(x), sharpness: -0.5)
        case .lanczos: x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0
        }
    }

    /// Keys' cubic kernel (1981), `x` not negative. Pillow's `sharpness` is −0.5, OpenCV's −0.75.
    static func cubic(_ x: Double, sharpness a: Double) -> Double {
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
}
