import Foundation
import TestSupport
import TuttiImages

/// The committed pictures and what they look like.
enum ImagesGoldens {
    static let folder = goldens("ImagesTests")

    static func file(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: "files/\(name)")))
    }

    /// All files whose looks are known.
    static let names: [String] = (try? SafetensorsGolden(folder.appending(path: "pictures.safetensors")).names) ?? []
}

extension Picture {
    /// The largest difference of a sample, or nil where sizes differ.
    func distance(_ other: [UInt8]) -> Int? {
        guard other.count == pixels.count else { return nil }
        return zip(pixels, other).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
    }
}
