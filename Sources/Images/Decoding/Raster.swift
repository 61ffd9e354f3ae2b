/// What a file holds, before it is upright, opaque and sRGB.
struct Raster {
    /// What the samples of a pixel mean; their number is ``channelCount``.
    enum Samples {
        /// Red, green, blue.
        case rgb
        /// Red, green, blue and opacity, from 0 for none.
        case rgba
        /// Ink from 0 for none to 255: cyan, magenta, yellow, black.
        case cmyk

        var channelCount: Int { self == .rgb ? 3 : 4 }
    }

    let width: Int
    let height: Int
    var samples: Samples
    /// `[height, width, samples.channelCount]`.
    var bytes: [UInt8]
    /// Whether red, green and blue are the same, as a profile for grey demands.
    var isGrey = false
    /// The ICC profile that the file brings.
    var profile: [UInt8]?
    var orientation = Orientation.upright
}

extension Picture {
    /// Converts colours, lays what is transparent over white, and turns the picture upright, in this order.
    init(_ raster: consuming Raster) {
        let (width, height, orientation) = (raster.width, raster.height, raster.orientation)
        raster.convertToStandardColours()
        let pixels: [UInt8]
        switch raster.samples {
        case .rgb: pixels = raster.bytes
        case .rgba: pixels = Picture.overWhite(raster.bytes)
        case .cmyk: pixels = Picture.withoutProfile(inks: raster.bytes)
        }
        self = Picture(width: width, height: height, pixels: pixels).upright(from: orientation)
    }

    /// `bytes`: `[pixels, 4]`, opacity last. White shows through in sRGB's own steps, as in browsers.
    private static func overWhite(_ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count / 4, source = bytes.span
        var pixels = [UInt8](repeating: 0, count: count * 3)
        var target = pixels.mutableSpan
        for index in 0..<count {
            let opacity = UInt32(source[4 * index + 3])
            if opacity == 255 {
                target[3 * index] = source[4 * index]
                target[3 * index + 1] = source[4 * index + 1]
                target[3 * index + 2] = source[4 * index + 2]
                continue
            }
            for channel in 0..<3 {
                let value = UInt32(source[4 * index + channel]) * opacity + 255 * (255 - opacity)
                target[3 * index + channel] = UInt8((value + 127) / 255)
            }
        }
        return pixels
    }

    /// `inks`: `[pixels, 4]`. Each ink takes away its share of what black leaves.
    private static func withoutProfile(inks: [UInt8]) -> [UInt8] {
        let count = inks.count / 4, source = inks.span
        var pixels = [UInt8](repeating: 0, count: count * 3)
        var target = pixels.mutableSpan
        for index in 0..<count {
            let light = 255 - UInt32(source[4 * index + 3])
            for channel in 0..<3 {
                target[3 * index + channel] = UInt8(((255 - UInt32(source[4 * index + channel])) * light + 127) / 255)
            }
        }
        return pixels
    }
}
