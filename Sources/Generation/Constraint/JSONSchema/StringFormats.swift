/// The formats of strings that JSON Schema defines, as regular expressions for the whole string.
enum StringFormats {
    /// nil for a format that cannot be compiled or is not known.
    static func pattern(_ name: String) -> String? { patterns[name] }

    private static let month31 = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    private static let month30 = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    private static let february = "02-(?:0[1-9]|1[0-9]|2[0-8])"
    /// No year 0: Python has none.
    private static let year = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
    private static let leapYear =
        "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
    private static let date = "(?:\(year)-(?:\(month31)|\(month30)|\(february))|\(leapYear)-02-29)"
    private static let time =
        #"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"#
    private static let duration: String = {
        let time = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
        let day = "[0-9]+D", month = "[0-9]+M(?:\(day))?", years = "[0-9]+Y(?:\(month))?"
        return "P(?:(?:\(years)|\(month)|\(day))(?:\(time))?|\(time)|[0-9]+W)"
    }()

    private static let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    private static let hostname = #"(?=[^]{1,253}$)\#(label)(?:\.\#(label))*"#
    private static let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    private static let ipv4 = #"\#(octet)(?:\.\#(octet)){3}"#
    private static let ipv6: String = {
        let group = "[0-9A-Fa-f]{1,4}", last = "(?:\(group):\(group)|\(ipv4))"
        var forms = ["(?:\(group):){6}\(last)"]
        for before in 0...5 {
            let head = before == 0 ? "" : "(?:\(group)(?::\(group)){0,\(before - 1)})?"
            forms.append("\(head)::" + (before == 5 ? last : "(?:\(group):){\(5 - before)}\(last)"))
        }
        forms.append("(?:\(group)(?::\(group)){0,5})?::\(group)")
        forms.append("(?:\(group)(?::\(group)){0,6})?::")
        return "(?:" + forms.joined(separator: "|") + ")"
    }()
    private static let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    private static let email = #"(?=[^@]{1,64}@)\#(atom)(?:\.\#(atom))*@(?:\#(label)(?:\.\#(label))*)"#

    // RFC 3986, appendix A.
    private static let percent = "%[0-9A-Fa-f]{2}"
    private static func uri(_ extra: String, isReference: Bool) -> String {
        let unreserved = #"A-Za-z0-9._~\-\#(extra)"#, marks = "!$&'()*+,;="
        let character = "(?:[\(unreserved)\(marks):@]|\(percent))"
        let segment = "\(character)*", some = "\(character)+"
        let user = "(?:(?:[\(unreserved)\(marks):]|\(percent))*@)?"
        let name = "(?:[\(unreserved)\(marks)]|\(percent))*"
        let host = #"(?:\[(?:\#(ipv6)|v[0-9A-Fa-f]+\.[\#(unreserved)\#(marks):]+)\]|\#(name))"#
        let authority = "//\(user)\(host)(?::[0-9]*)?(?:/\(segment))*"
        let absolute = "/(?:\(some)(?:/\(segment))*)?", rootless = "\(some)(?:/\(segment))*"
        let tail = #"(?:\?(?:\#(character)|[/?])*)?(?:#(?:\#(character)|[/?])*)?"#
        let full = "[A-Za-z][A-Za-z0-9+.-]*:(?:\(authority)|\(absolute)|\(rootless))?"
        if !isReference { return full + tail }
        let first = "(?:[\(unreserved)\(marks)@]|\(percent))+"
        return "(?:\(full)|(?:\(authority)|\(absolute)|\(first)(?:/\(segment))*)?)\(tail)"
    }
    private static let beyondASCII = #"\u{A0}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFEF}\u{10000}-\u{1FFFD}"#

    private static let patterns: [String: String] = [
        "date": date,
        "time": time,
        "date-time": "\(date)[Tt]\(time)",
        "duration": duration,
        "email": email,
        "idn-email": email,
        "hostname": hostname,
        "idn-hostname": hostname,
        "host-name": hostname,
        "ipv4": ipv4,
        "ip-address": ipv4,
        "ipv6": ipv6,
        "uri": uri("", isReference: false),
        "url": uri("", isReference: false),
        "uri-reference": uri("", isReference: true),
        "iri": uri(beyondASCII, isReference: false),
        "iri-reference": uri(beyondASCII, isReference: true),
        "uuid": "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        "json-pointer": "(?:/(?:[^/~]|~[01])*)*",
        "relative-json-pointer": "(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^/~]|~[01])*)*)",
        "uri-template":
            #"(?:[!#$&(-;=?-\[\]_a-z~A-Z]|%[0-9A-Fa-f]{2}|\{[+#./;?&=,!@|]?[A-Za-z0-9_](?:\.?[A-Za-z0-9_])*(?::[1-9][0-9]{0,3}|\*)?(?:,[A-Za-z0-9_](?:\.?[A-Za-z0-9_])*(?::[1-9][0-9]{0,3}|\*)?)*\})*"#,
    ]

    /// Formats that say how a value is used rather than what it looks like: they leave out nothing.
    static let annotations: Set<String> = [
        "int32", "int64", "uint32", "uint64", "float", "double", "decimal", "password", "binary", "byte", "text",
        "textarea", "string", "number", "integer", "boolean", "markdown", "html", "",
    ]
}
