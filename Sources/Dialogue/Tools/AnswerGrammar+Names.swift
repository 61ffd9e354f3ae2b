extension AnswerGrammar {
    /// A regular expression for the rest of a JSON string, its closing quote included, that is none of the names. Nor does
    /// it begin as the body of a tagged call does.
    static func stringUnlike(_ names: [String]) -> String {
        other(names.map { Array($0.unicodeScalars) }, depth: 0)
    }

    private static let rest = "(?:[^\"\\\\\\n]|\\\\.)*\""

    /// What follows a common beginning of `names`, which lies before `depth`, and makes none of them.
    private static func other(_ names: [[Unicode.Scalar]], depth: Int) -> String {
        var groups: [(scalar: Unicode.Scalar, names: [[Unicode.Scalar]])] = []
        for name in names where name.count > depth {
            if let index = groups.firstIndex(where: { $0.scalar == name[depth] }) {
                groups[index].names.append(name)
            } else {
                groups.append((name[depth], [name]))
            }
        }
        let firsts = groups.map { escaped($0.scalar) }.joined()
        // The first character of all keeps clear of a line's end and a brace.
        let unlike = "(?:[^\"\\\\\\n\(depth == 0 ? " {" : "")\(firsts)]|\\\\.)" + rest
        var ways = groups.map { escaped($0.scalar) + other($0.names, depth: depth + 1) } + [unlike]
        if !names.contains(where: { $0.count == depth }) { ways.append("\"") }
        return "(?:\(ways.joined(separator: "|")))"
    }

    /// A character of a name as a regular expression has it, also inside of brackets.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let isWord = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        guard scalar.isASCII, !isWord, scalar != "_" else { return String(scalar) }
        return "\\x" + String(scalar.value + 0x100, radix: 16).suffix(2)
    }
}
