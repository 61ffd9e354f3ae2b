internal import Foundation

/// Which paths of others (catalogs, repositories, archives) may become paths inside a model's folder.
package enum SafePath {
    /// Whether a path stays where it is put: relative, plain parts between slashes, none hidden, `.` or `..`; no
    /// backslash and no control character, which other systems take for separators or ends.
    package static func isSafe(_ path: String) -> Bool {
        guard (1...500).contains(path.utf8.count), path != Receipt.fileName else { return false }
        guard !path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f || $0 == "\\" }) else {
            return false
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 16 && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && $0.utf8.count <= 200 }
    }

    /// Why files of these names cannot lie in one folder on every system; nil if they can. Names that differ in case or
    /// in the composition of their characters only are one name on some; a file cannot be a folder too.
    package static func conflict(among paths: [String]) -> String? {
        var files: [String: String] = [:], folders: [String: String] = [:]
        for path in paths {
            let folded = path.precomposedStringWithCanonicalMapping.lowercased()
            if let other = files.updateValue(path, forKey: folded) {
                return "`\(other)` and `\(path)` are one file where names are folded"
            }
            for (index, character) in zip(folded.indices, folded) where character == "/" {
                folders[String(folded[..<index])] = path
            }
        }
        if paths.isEmpty { return "there is no file" }
        for (folded, path) in files {
            if let inside = folders[folded] { return "`\(path)` is a file, and a folder in `\(inside)`" }
        }
        return nil
    }
}
