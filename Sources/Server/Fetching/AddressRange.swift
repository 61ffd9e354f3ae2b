import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whether an address is one of the public internet: what a server may fetch from on a stranger's word.
///
/// Refused are the ranges of the special-purpose registries of IANA (RFC 6890 and its successors): loopback, private,
/// link-local with the cloud's metadata services, shared, multicast, documentation, and addresses that carry an IPv4
/// address of these within them.
package enum AddressRange {
    /// Whether the text is an IPv4 or IPv6 address of the public internet.
    package static func isPublic(_ text: String) -> Bool {
        if let bytes = ipv4(text) { return isPublic(ipv4: bytes) }
        if let bytes = ipv6(text) { return isPublic(ipv6: bytes) }
        return false
    }

    static func ipv4(_ text: String) -> [UInt8]? {
        var address = in_addr()
        guard unsafe inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
    }

    static func ipv6(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        // A zone (`fe80::1%eth0`) is for links of this machine only.
        guard !text.contains("%"), unsafe inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
    }

    private static func isPublic(ipv4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _): false
        case (100, 64...127, _): false
        case (169, 254, _), (172, 16...31, _), (192, 168, _): false
        case (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100), (203, 0, 113): false
        case (224..., _, _): false
        default: true
        }
    }

    private static func isPublic(ipv6 bytes: [UInt8]) -> Bool {
        // Only 2000::/3 is given out; what is mapped, translated or tunnelled is judged by what is in it.
        if bytes[0..<12].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) {
            return isPublic(ipv4: Array(bytes[12...]))
        }
        if bytes[0..<12].elementsEqual([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return isPublic(ipv4: Array(bytes[12...]))
        }
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        case (0x20, 0x02, _, _): return isPublic(ipv4: Array(bytes[2..<6]))
        case (0x20, 0x01, 0, 0), (0x20, 0x01, 0x0d, 0xb8): return false
        case (0x20, 0x01, 0x00...0x01, _): return false
        case (0x3f, 0xff, 0x00...0x0f, _): return false
        default: return true
        }
    }
}
