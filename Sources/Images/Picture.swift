/// A picture as everything here takes it: upright, three channels of 8 bits, sRGB, what was transparent over white.
public struct Picture: Sendable, Equatable {
    /// In pixels, at least 1.
    public let width: Int
    public let height: Int
    /// `[height, width, 3]`: red, green and blue, 0 to 255, from the top left by rows.
    public let pixels: [UInt8]

    /// - Precondition: `pixels` holds three bytes for each of `width` × `height` pixels.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "Picture: \(width)×\(height)")
        (self.width, self.height, self.pixels) = (width, height, pixels)
    }

    /// A picture of one colour.
    public init(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8) {
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            for index in 0..<width * height {
                unsafe buffer[3 * index] = red
                unsafe buffer[3 * index + 1] = green
                unsafe buffer[3 * index + 2] = blue
            }
            count = width * height * 3
        }
        self.init(width: width, height: height, pixels: pixels)
    }
}
