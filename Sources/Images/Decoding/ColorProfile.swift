import CLcms

/// A colour profile (ICC.1) and the way from its colours to sRGB, by Little CMS.
@safe struct ColorProfile: ~Copyable {
    private let transform: cmsHTRANSFORM

    deinit { unsafe cmsDeleteTransform(transform) }

    /// The layout of samples in memory, as `cmsTransform` takes it: colour space, channels, further channels, bytes.
    private static func layout(_ space: Int32, channels: UInt32, extra: UInt32 = 0) -> UInt32 {
        UInt32(space) << 16 | extra << 7 | channels << 3 | 1
    }

    /// Nil where the bytes are no profile, or one for another kind of samples: such files are taken for sRGB.
    init?(_ bytes: [UInt8], for samples: Raster.Samples, isGrey: Bool) {
        guard let profile = unsafe cmsOpenProfileFromMem(bytes, UInt32(clamping: bytes.count)) else { return nil }
        defer { unsafe cmsCloseProfile(profile) }
        let target = unsafe cmsCreate_sRGBProfile()
        defer { unsafe cmsCloseProfile(target) }
        let layout: UInt32
        // What is grey has three equal samples here; a profile for grey reads the first one of them.
        switch (unsafe cmsGetColorSpace(profile), samples) {
        case (cmsSigRgbData, .rgb): layout = ColorProfile.layout(PT_RGB, channels: 3)
        case (cmsSigRgbData, .rgba): layout = ColorProfile.layout(PT_RGB, channels: 3, extra: 1)
        case (cmsSigGrayData, .rgb) where isGrey: layout = ColorProfile.layout(PT_GRAY, channels: 1, extra: 2)
        case (cmsSigGrayData, .rgba) where isGrey: layout = ColorProfile.layout(PT_GRAY, channels: 1, extra: 3)
        case (cmsSigCmykData, .cmyk): layout = ColorProfile.layout(PT_CMYK, channels: 4)
        default: return nil
        }
        let output = ColorProfile.layout(PT_RGB, channels: 3, extra: samples == .rgb ? 0 : 1)
        guard
            let transform = unsafe cmsCreateTransform(
                profile, layout, target, output, UInt32(INTENT_PERCEPTUAL), 0)
        else { return nil }
        unsafe self.transform = unsafe transform
    }

    /// Converts pixels where they lie. What follows a pixel's colours stays; of CMYK it has no meaning.
    func convert(_ bytes: inout [UInt8], channelCount: Int) {
        let rowPixels = 1 << 16
        unsafe bytes.withUnsafeMutableBytes { buffer in
            for start in stride(from: 0, to: buffer.count, by: rowPixels * channelCount) {
                let place = unsafe buffer.baseAddress! + start
                let count = min(rowPixels, (buffer.count - start) / channelCount)
                unsafe cmsDoTransform(transform, place, place, UInt32(count))
            }
        }
    }

    /// Whether it moves no colour by more than one step: sRGB under its many names, which is most of what cameras write.
    func changesNothing(channelCount: Int, isGrey: Bool) -> Bool {
        var colours: [[UInt8]] = (0...255).map { [$0, $0, $0] }
        if !isGrey {
            let steps: [UInt8] = [0, 64, 128, 192, 255]
            for red in steps { for green in steps { for blue in steps { colours.append([red, green, blue]) } } }
        }
        let before = colours.flatMap { $0 + Array(repeating: 255, count: channelCount - 3) }
        var after = before
        convert(&after, channelCount: channelCount)
        return zip(before, after).allSatisfy { abs(Int($0) - Int($1)) <= 1 }
    }
}

extension Raster {
    /// Converts ``bytes`` by the profile, if there is one that fits.
    ///
    /// Where the samples were ink they are red, green, blue and full opacity afterwards.
    mutating func convertToStandardColours() {
        guard let profile, let colours = ColorProfile(profile, for: samples, isGrey: isGrey) else { return }
        self.profile = nil
        if samples != .cmyk, colours.changesNothing(channelCount: samples.channelCount, isGrey: isGrey) { return }
        colours.convert(&bytes, channelCount: samples.channelCount)
        if samples == .cmyk {
            samples = .rgba
            var span = bytes.mutableSpan
            for index in stride(from: 3, to: span.count, by: 4) { span[index] = 255 }
        }
    }
}
