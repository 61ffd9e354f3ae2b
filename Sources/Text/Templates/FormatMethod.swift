import OrderedCollections

/// `'{} and {name!r:>8}'.format(…)`.
enum FormatMethod {
    static func format(
        _ template: String, _ arguments: Arguments, _ evaluator: Evaluator, escaping: Bool
    ) throws(TemplateError) -> String {
        var formatter = Formatter(arguments: arguments, evaluator: evaluator, isEscaping: escaping)
        return try formatter.format(template, level: 0)
    }

    /// Everything beyond ASCII as an escape.
    static func ascii(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                result.unicodeScalars.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
            result += "\\" + mark + String(repeating: "0", count: width - digits.count) + digits
        }
        return result
    }

    private struct Formatter {
        let arguments: Arguments
        let evaluator: Evaluator
        let isEscaping: Bool
        /// The number that the next empty field gets; nil once a field is numbered by hand.
        var nextNumber: Int? = 0

        mutating func format(_ template: String, level: Int) throws(TemplateError) -> String {
            guard level < 2 else { throw .runtime("fields of a format string nest too deeply") }
            var result = ""
            var rest = Substring(template).unicodeScalars
            while let scalar = rest.popFirst() {
                switch scalar {
                case "{" where rest.first == "{", "}" where rest.first == "}":
                    rest.removeFirst()
                    result.unicodeScalars.append(scalar)
                case "{":
                    let piece = try field(&rest, level)
                    try evaluator.charge(byteCount: piece.utf8.count)
                    result += piece
                case "}": throw .runtime("a single '}' in a format string")
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result
        }

        private mutating func field(
            _ rest: inout Substring.UnicodeScalarView, _ level: Int
        ) throws(TemplateError) -> String {
            var depth = 1, inBrackets = false
            var name = "", conversion: Unicode.Scalar?, layout = "", isLayout = false
            while let scalar = rest.popFirst() {
                if scalar == "{" { depth += 1 }
                if scalar == "}" {
                    depth -= 1
                    if depth == 0 { return try value(name, conversion, layout, level) }
                }
                if isLayout {
                    layout.unicodeScalars.append(scalar)
                } else if scalar == "[" || scalar == "]" {
                    inBrackets = scalar == "["
                    name.unicodeScalars.append(scalar)
                } else if scalar == "!", !inBrackets {
                    conversion = rest.popFirst()
                    guard let next = rest.first, next == ":" || next == "}" else {
                        throw .runtime("a conversion in a format string is one letter")
                    }
                } else if scalar == ":", !inBrackets {
                    isLayout = true
                } else {
                    name.unicodeScalars.append(scalar)
                }
            }
            throw .runtime("a field of the format string has no end")
        }

        private mutating func value(
            _ name: String, _ conversion: Unicode.Scalar?, _ layout: String, _ level: Int
        ) throws(TemplateError) -> String {
            var value = try lookUp(name)
            switch conversion {
            case nil: break
            case "s": value = .string(try evaluator.text(of: value))
            case "r": value = .string(try evaluator.representation(of: value))
            case "a": value = .string(FormatMethod.ascii(try evaluator.representation(of: value)))
            default: throw .runtime("a format string has no such conversion")
            }
            let layout = layout.contains("{") ? try format(layout, level: level + 1) : layout
            let text = try laidOut(value, layout)
            return isEscaping && !value.isMarkup ? PythonText.escapedForHTML(text) : text
        }

        private func laidOut(_ value: Value, _ layout: String) throws(TemplateError) -> String {
            if layout.isEmpty { return try evaluator.text(of: value) }
            guard let specification = FormatSpecification(layout) else {
                throw .runtime("'\(layout)' is no format for a value")
            }
            switch value {
            case .string(let text), .markup(let text): return try evaluator.formatted(text, specification)
            case .integer(let number): return try evaluator.formatted(number, specification)
            case .bool(let flag): return try evaluator.formatted(flag ? 1 : 0 as Int128, specification)
            case .float(let number): return try evaluator.formatted(number, specification)
            default: throw .runtime("a value of type '\(value.typeName)' takes no format")
            }
        }

        /// The value of `0.name[key]`.
        private mutating func lookUp(_ field: String) throws(TemplateError) -> Value {
            let first = field.prefix { $0 != "." && $0 != "[" }
            var rest = field.dropFirst(first.count)
            var value = try argument(String(first))
            while let mark = rest.popFirst() {
                if mark == "." {
                    let name = rest.prefix { $0 != "." && $0 != "[" }
                    rest = rest.dropFirst(name.count)
                    value = try evaluator.attribute(String(name), of: value)
                } else {
                    guard let end = rest.firstIndex(of: "]") else {
                        throw .runtime("a bracket in a format string is open")
                    }
                    let key = String(rest[..<end])
                    rest = rest[rest.index(after: end)...]
                    let isNumber = !key.isEmpty && key.utf8.allSatisfy { (48...57).contains($0) }
                    let index: Value = isNumber ? .integer(Int128(key) ?? 0) : .string(key)
                    value = try evaluator.item(index, of: value)
                }
            }
            return value
        }

        private mutating func argument(_ name: String) throws(TemplateError) -> Value {
            var number = Int(name)
            if name.isEmpty {
                guard let next = nextNumber else {
                    throw .runtime("numbered and unnumbered fields in one format string")
                }
                number = next
                nextNumber = next + 1
            } else if number != nil {
                guard nextNumber == nil || nextNumber == 0 else {
                    throw .runtime("numbered and unnumbered fields in one format string")
                }
                nextNumber = nil
            }
            if let number {
                guard arguments.positional.indices.contains(number) else {
                    throw .runtime(
                        "the format string asks for value \(number), and there are \(arguments.positional.count)")
                }
                return arguments.positional[number]
            }
            guard let found = arguments.named.first(where: { $0.name == name }) else {
                throw .runtime("the format string asks for '\(name)', which is not given")
            }
            return found.value
        }
    }
}
