import CSndfile

/// Formats that sound is written in.
public enum AudioFormat: String, Sendable, CaseIterable {
    /// MPEG layer 3.
    case mp3
    /// Opus in Ogg.
    case opus
    /// Advanced audio coding in ADTS frames, by the program ffmpeg.
    case aac
    case flac
    /// 16 bits a sample, with a head.
    case wav
    /// The same without: little-endian, frame after frame.
    case pcm

    /// What HTTP calls it.
    public var contentType: String {
        switch self {
        case .mp3: "audio/mpeg"
        case .opus: "audio/ogg"
        case .aac: "audio/aac"
        case .flac: "audio/flac"
        case .wav: "audio/wav"
        case .pcm: "audio/pcm"
        }
    }

    /// libsndfile's number; nil where it does not write the format.
    var soundFileFormat: Int32? {
        switch self {
        case .mp3: Int32(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III)
        case .opus: Int32(SF_FORMAT_OGG | SF_FORMAT_OPUS)
        case .flac: Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
        case .wav: Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
        case .aac, .pcm: nil
        }
    }

    /// The rates that the format knows, ascending; nil for any.
    var sampleRates: [Int]? {
        switch self {
        case .mp3: [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
        case .opus: [8_000, 12_000, 16_000, 24_000, 48_000]
        case .aac: [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000]
        case .flac, .wav, .pcm: nil
        }
    }

    /// The rate that sound of another is written at: the next above, so that nothing is lost, or the highest.
    func sampleRate(for rate: Int) -> Int {
        guard let sampleRates else { return rate }
        return sampleRates.first { $0 >= rate } ?? sampleRates[sampleRates.count - 1]
    }
}
