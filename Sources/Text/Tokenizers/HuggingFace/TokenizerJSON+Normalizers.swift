extension Normalizer {
    /// Reads the `normalizer` of a `tokenizer.json`.
    init(_ place: JSONPlace) throws {
        try place.object()
        switch try place.required("type").string() {
        case "Sequence": self = .sequence(try place.required("normalizers").array().map { try Normalizer($0) })
        case "NFC": self = .form(.nfc)
        case "NFD": self = .form(.nfd)
        case "NFKC": self = .form(.nfkc)
        case "NFKD": self = .form(.nfkd)
        case "Lowercase": self = .lowercase
        case "Strip": self = .strip(left: try place.flag("strip_left"), right: try place.flag("strip_right"))
        case "StripAccents": self = .stripAccents
        case "Nmt": self = .nmt
        case "ByteLevel": self = .byteLevel
        case "Prepend": self = .prepend(Array(try place.required("prepend").string().utf8))
        case "Replace":
            self = .replace(
                try place.required("pattern").pattern(), with: Array(try place.required("content").string().utf8))
        case "BertNormalizer":
            let lowercases = try place.flag("lowercase")
            self = .bert(
                BertNormalizer(
                    cleansText: try place.flag("clean_text"),
                    handlesIdeographs: try place.flag("handle_chinese_chars"),
                    stripsAccents: try place["strip_accents"]?.bool() ?? lowercases, lowercases: lowercases))
        case "Precompiled":
            let map = try place.required("precompiled_charsmap")
            guard let map = CharacterMap(base64: try map.string()) else {
                throw map.malformed("it is no precompiled character map")
            }
            self = .precompiled(map)
        case let other:
            throw TokenizerFileError.unsupported(
                path: place.path + ".type", value: other,
                known: "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, Prepend, "
                    + "BertNormalizer, Nmt, Precompiled, ByteLevel")
        }
    }
}
