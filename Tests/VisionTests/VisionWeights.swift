import Foundation
import TestSupport
import TuttiImages

/// Models that look at pictures in the store, which `make test` fetches, and the pictures that they are tried on.
enum VisionWeights {
    static func folder(_ model: String) throws -> URL { try TestModel.path(model) }

    static func picture(_ folder: String, _ file: String) throws -> Picture {
        try Picture(contentsOf: goldens("VisionTests").appending(path: "\(folder)/\(file)"))
    }

    /// A PNG picture whose colours are taken as they stand, as Pillow does, whatever profile the file brings.
    static func pictureWithoutProfile(_ folder: String, _ file: String) throws -> Picture {
        let file = [UInt8](try Data(contentsOf: goldens("VisionTests").appending(path: "\(folder)/\(file)")))
        var kept = Array(file[..<8]), place = 8
        while place + 8 <= file.count {
            let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }, end = place + 12 + length
            if !file[place + 4..<place + 8].elementsEqual("iCCP".utf8) { kept += file[place..<end] }
            place = end
        }
        return try Picture(decoding: kept)
    }
}
