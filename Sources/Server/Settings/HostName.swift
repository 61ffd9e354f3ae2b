/// The name or address of a host as it stands in `Host` headers, origins and settings.
package struct HostName: Sendable, Equatable {
    /// In lower case, without port and without the brackets of an IPv6 address.
    package let name: String

    package init(_ text: String) {
        var name = Substring(text.lowercased())
        if name.hasPrefix("[") {
            name = name.dropFirst().prefix { $0 != "]" }
        } else if name.filter({ $0 == ":" }).count == 1 {
            name = name.prefix { $0 != ":" }
        }
        if name.hasSuffix(".") { name.removeLast() }
        self.name = String(name)
    }

    /// Whether it can only be this machine.
    package var isLoopback: Bool {
        name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "0:0:0:0:0:0:0:1"
            || (name.hasPrefix("127.") && name.split(separator: ".").count == 4
                && name.split(separator: ".").allSatisfy { UInt8($0) != nil })
    }
}
