extension Transcript {
    /// Its segments as SubRip's subtitles.
    public var srt: String {
        segments.enumerated().map { index, segment in
            "\(index + 1)\n\(Self.clock(segment.start, ",")) --> \(Self.clock(segment.end, ","))\n\(Self.line(segment))\n\n"
        }.joined()
    }

    /// Its segments as the web's subtitles.
    /// - SeeAlso: https://www.w3.org/TR/webvtt1/
    public var vtt: String {
        "WEBVTT\n\n"
            + segments.map { segment in
                "\(Self.clock(segment.start, ".")) --> \(Self.clock(segment.end, "."))\n\(Self.line(segment))\n\n"
            }.joined()
    }

    /// Both formats end an entry at an empty line, and take `-->` for times.
    private static func line(_ segment: Segment) -> String {
        String(
            segment.text.split(whereSeparator: \.isNewline).joined(separator: " ").replacing("-->", with: "→")
                .trimmingPrefix(while: \.isWhitespace))
    }

    /// `hh:mm:ss` and milliseconds after the point.
    private static func clock(_ seconds: Double, _ point: String) -> String {
        func padded(_ value: Int, _ digits: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        let milliseconds = Int((max(0, seconds) * 1000).rounded())
        return "\(padded(milliseconds / 3_600_000, 2)):\(padded(milliseconds / 60_000 % 60, 2)):"
            + "\(padded(milliseconds / 1000 % 60, 2))\(point)\(padded(milliseconds % 1000, 3))"
    }
}
