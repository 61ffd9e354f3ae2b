import TuttiTensors

extension TokenDecoder {
    /// Reads the `decoder` of a `tokenizer.json`: sequences become one row.
    static func row(_ place: JSONPlace) throws -> [TokenDecoder] {
        if try place.type() == "Sequence" {
            return try place.required("decoders").array().flatMap { try row($0) }
        }
        return [try TokenDecoder(place)]
    }

    private static let mostStripped = 1 << 16

    private init(_ place: JSONPlace) throws {
        try place.object()
        switch try place.required("type").string() {
        case "ByteLevel": self = .byteLevel
        case "ByteFallback": self = .byteFallback
        case "Fuse": self = .fuse
        case "Replace":
            self = .replace(
                try place.required("pattern").pattern(), with: Array(try place.required("content").string().utf8))
        case "WordPiece":
            self = .wordPiece(prefix: try place.required("prefix").string(), cleansUp: try place.flag("cleanup"))
        case "Strip":
            self = .strip(
                try place.required("content").scalar(),
                start: min(try place.required("start").count(), Self.mostStripped),
                stop: min(try place.required("stop").count(), Self.mostStripped))
        case "Metaspace":
            let (mark, scheme) = try PreTokenizer.metaspace(place)
            self = .metaspace(mark, dropsFirst: scheme != .never)
        case "BPEDecoder": self = .bytePair(suffix: try place.required("suffix").string())
        case "CTC":
            self = .ctc(
                padding: try place.required("pad_token").string(),
                delimiter: try place.required("word_delimiter_token").string(), cleansUp: try place.flag("cleanup"))
        case let other:
            throw TokenizerFileError.unsupported(
                path: place.path + ".type", value: other,
                known: "Sequence, ByteLevel, Replace, WordPiece, ByteFallback, Fuse, Strip, Metaspace, BPEDecoder, CTC")
        }
    }

    /// What a token stands for in the middle of a text, as far as it can be told from the token alone.
    static func bytes(of text: [UInt8], _ row: [TokenDecoder]) -> [UInt8] {
        var bytes = text
        for decoder in row {
            switch decoder {
            case .byteLevel:
                var pieces = Pieces()
                if ByteLevelAlphabet.append(bytes.span, 0..<bytes.count, to: &pieces) { bytes = pieces.bytes }
            case .replace(.text(let text), let content):
                bytes = TextPattern.text(text).replacing(in: bytes.span, with: content) ?? bytes
            case .byteFallback:
                if let byte = byte(String(decoding: bytes, as: UTF8.self)) { return [byte] }
            case .wordPiece(let prefix, _):
                let prefix = Array(prefix.utf8)
                bytes = bytes.starts(with: prefix) ? Array(bytes.dropFirst(prefix.count)) : [0x20] + bytes
            case .metaspace(let mark, _):
                var letters: [UInt8] = []
                letters.append(scalar: mark.value)
                bytes = TextPattern.text(letters).replacing(in: bytes.span, with: [0x20]) ?? bytes
            case .bytePair(let suffix):
                let suffix = Array(suffix.utf8)
                if !suffix.isEmpty { bytes = TextPattern.text(suffix).replacing(in: bytes.span, with: [0x20]) ?? bytes }
            case .replace, .fuse, .strip, .ctc: break
            }
        }
        return bytes
    }
}
