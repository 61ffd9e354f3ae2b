import OrderedCollections
import TuttiCheckpoints

/// A JSON Schema as a whole: its parts by their places, and what its references mean.
struct SchemaDocument {
    /// A schema within the document.
    struct Part {
        let value: JSON
        /// Its JSON pointer, `#/properties/a`.
        let path: String
    }

    private(set) var parts: [Part] = []
    private var index: [String: SchemaTerm] = [:]
    /// Where identifiers and anchors are defined.
    private var anchors: [String: String] = [:]
    /// Whether `$ref` makes the keywords beside it count for nothing, as it did up to draft 7.
    let referenceStandsAlone: Bool
    let root: JSON
    private static let mostParts = 200_000

    init(_ root: JSON) throws(GrammarError) {
        self.root = root
        let dialect = root["$schema"]?.string ?? ""
        referenceStandsAlone = ["draft-03", "draft-04", "draft-05", "draft-06", "draft-07"].contains {
            dialect.contains($0)
        }
        collectAnchors(root, path: "#", depth: 0)
    }

    private mutating func collectAnchors(_ value: JSON, path: String, depth: Int) {
        switch value {
        case .object(let members):
            for name in ["$id", "id"] {
                if let id = members[JSON.Key(name)]?.string, anchors[id] == nil, depth == 0 || id != "" {
                    anchors[id] = path
                    // A fragment alone names a place in this document.
                    if id.hasSuffix("#") { anchors[String(id.dropLast())] = path }
                }
            }
            for name in ["$anchor", "$dynamicAnchor"] {
                if let anchor = members[JSON.Key(name)]?.string, anchors["#" + anchor] == nil {
                    anchors["#" + anchor] = path
                }
            }
            for (key, member) in members where key.text != "enum" && key.text != "const" {
                collectAnchors(member, path: path + "/" + Self.escaped(key.text), depth: depth + 1)
            }
        case .array(let items):
            for (place, item) in items.enumerated() {
                collectAnchors(item, path: path + "/\(place)", depth: depth + 1)
            }
        default: return
        }
    }

    static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        var text = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    func part(_ term: SchemaTerm) -> Part { parts[term.index] }

    /// The schema at a place.
    mutating func term(_ value: JSON, path: String) throws(GrammarError) -> SchemaTerm {
        if let known = index[path] { return known }
        guard parts.count < Self.mostParts else { throw GrammarError("the schema has too many parts", path: path) }
        let term = SchemaTerm(index: parts.count, isNegative: false)
        parts.append(Part(value: value, path: path))
        index[path] = term
        return term
    }

    /// The schema that a reference means.
    mutating func target(_ reference: String, path: String) throws(GrammarError) -> SchemaTerm {
        func unknown(_ why: String) -> GrammarError {
            GrammarError("\(why) “\(reference)”", keyword: "$ref", path: path)
        }
        var text = reference
        if let place = anchors[text] {
            text = place
        } else if let hash = text.firstIndex(of: "#"), let place = anchors[String(text[..<hash])],
            text.index(after: hash) == text.endIndex || text[text.index(after: hash)] == "/"
        {
            text = place + text[text.index(after: hash)...]
        }
        guard text == "#" || text.hasPrefix("#/") else {
            throw unknown(
                text.hasPrefix("#")
                    ? "nothing has the anchor" : "only references within the schema can be followed, not")
        }
        var value = root, place = "#"
        for step in text.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) where text != "#" {
            guard let key = Self.unescaped(String(step)) else { throw unknown("this is no JSON pointer:") }
            switch value {
            case .object:
                guard let next = value[key] else { throw unknown("there is nothing at") }
                value = next
            case .array:
                guard let number = Int(key), let next = value[number] else { throw unknown("there is nothing at") }
                value = next
            default: throw unknown("there is nothing at")
            }
            place += "/" + Self.escaped(key)
        }
        return try term(value, path: place)
    }

    private static func unescaped(_ step: String) -> String? {
        var bytes: [UInt8] = [], rest = Array(step.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "~"):
                switch rest.popFirst() {
                case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
                case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
                default: return nil
                }
            case UInt8(ascii: "%"):
                if let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// A schema of a document, or everything that it does not take.
struct SchemaTerm: Hashable, Comparable {
    let index: Int
    var isNegative: Bool

    static prefix func ! (term: SchemaTerm) -> SchemaTerm {
        SchemaTerm(index: term.index, isNegative: !term.isNegative)
    }

    static func < (left: SchemaTerm, right: SchemaTerm) -> Bool {
        (left.index, left.isNegative ? 1 : 0) < (right.index, right.isNegative ? 1 : 0)
    }
}

/// Schemas that all have to take a value.
struct SchemaGoal: Hashable {
    private(set) var terms: [SchemaTerm]

    /// Kept in order of first mention, which is the order in which properties are written; equal as sets of the same order.
    init(_ terms: [SchemaTerm]) {
        var seen: Set<SchemaTerm> = []
        self.terms = terms.filter { seen.insert($0).inserted }
    }
}
