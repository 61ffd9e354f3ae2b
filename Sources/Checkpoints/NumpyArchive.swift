public import Foundation

/// Arrays of float32 in a file of NumPy's (`.npz`): a zip archive of `.npy` files, as `numpy.savez` writes it.
///
/// Archives that are compressed (`numpy.savez_compressed`) are refused.
/// - SeeAlso: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16; NumPy's `numpy.lib.format`.
public struct NumpyArchive: Sendable {
    /// Numbers with the slowest dimension first.
    public struct Array: Sendable, Equatable {
        public let shape: [Int]
        public let values: [Float]

        public init(shape: [Int], values: [Float]) { (self.shape, self.values) = (shape, values) }
    }

    /// By the names under which they were saved.
    public let arrays: [String: Array]

    /// The most bytes that are read.
    private static let sizeLimit = 1 << 28

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int,
            size <= NumpyArchive.sizeLimit, let data = FileManager.default.contents(atPath: path)
        else {
            throw CheckpointError.unsupported(
                file: path, "it is no readable file of at most \(NumpyArchive.sizeLimit) bytes")
        }
        try self.init(data, file: path)
    }

    /// - Parameter file: What errors call it.
    public init(_ data: Data, file: String) throws {
        let reader = Bytes(all: [UInt8](data), file: file)
        var arrays: [String: Array] = [:]
        for entry in try reader.entries() where entry.name.hasSuffix(".npy") {
            arrays[String(entry.name.dropLast(4))] = try reader.array(entry)
        }
        guard !arrays.isEmpty else { throw CheckpointError.malformed(file: file, "it holds no arrays") }
        self.arrays = arrays
    }

    /// The archive, none of whose numbers is believed.
    private struct Bytes {
        let all: [UInt8]
        let file: String

        struct Entry {
            let name: String
            /// Of what was stored.
            let range: Range<Int>
        }

        func malformed(_ reason: String) -> CheckpointError { .malformed(file: file, reason) }

        func number(_ place: Int, byteCount: Int) throws -> Int {
            guard place >= 0, place <= all.count - byteCount else {
                throw CheckpointError.truncated(file: file, needs: place + byteCount, has: all.count)
            }
            return (0..<byteCount).reduce(0) { $0 | Int(all[place + $1]) << (8 * $1) }
        }

        func slice(_ place: Int, _ count: Int) throws -> ArraySlice<UInt8> {
            guard place >= 0, count >= 0, count <= all.count, place <= all.count - count else {
                throw CheckpointError.truncated(file: file, needs: place + count, has: all.count)
            }
            return all[place..<place + count]
        }

        /// What the directory at the end lists.
        func entries() throws -> [Entry] {
            // The record at the very end, before a comment of up to 65,535 bytes.
            var end = all.count - 22
            while end >= max(0, all.count - 22 - 65_535), try number(end, byteCount: 4) != 0x0605_4b50 { end -= 1 }
            guard end >= max(0, all.count - 22 - 65_535) else { throw malformed("it is no zip archive") }
            let count = try number(end + 10, byteCount: 2)
            var place = try number(end + 16, byteCount: 4), entries: [Entry] = []
            for _ in 0..<count {
                guard try number(place, byteCount: 4) == 0x0201_4b50 else { throw malformed("its directory is broken") }
                let method = try number(place + 10, byteCount: 2), size = try number(place + 20, byteCount: 4)
                let lengths = try [28, 30, 32].map { try number(place + $0, byteCount: 2) }
                let local = try number(place + 42, byteCount: 4)
                let name = String(decoding: try slice(place + 46, lengths[0]), as: UTF8.self)
                guard method == 0, try number(place + 24, byteCount: 4) == size else {
                    throw CheckpointError.unsupported(
                        file: file, "its part \(name) is compressed; save it with numpy.savez, which does not")
                }
                guard try number(local, byteCount: 4) == 0x0403_4b50 else {
                    throw malformed("\(name) is not where it should be")
                }
                let start = try local + 30 + number(local + 26, byteCount: 2) + number(local + 28, byteCount: 2)
                entries.append(Entry(name: name, range: try slice(start, size).indices))
                place += 46 + lengths.reduce(0, +)
            }
            return entries
        }

        /// A `.npy` file: a magic word, a description in Python's notation, numbers.
        func array(_ entry: Entry) throws -> Array {
            let start = entry.range.lowerBound
            guard entry.range.count >= 12, all[start..<start + 6].elementsEqual([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59])
            else {
                throw malformed("\(entry.name) is no array of NumPy")
            }
            let isShort = all[start + 6] == 1
            let length = try number(start + 8, byteCount: isShort ? 2 : 4), first = start + (isShort ? 10 : 12)
            guard length <= entry.range.upperBound - first else { throw malformed("\(entry.name) is cut off") }
            let header = String(decoding: all[first..<first + length], as: UTF8.self)
            guard header.contains("'<f4'"), header.contains("'fortran_order': False") else {
                throw CheckpointError.unsupported(
                    file: file, "\(entry.name) is not of little-endian float32 in C's order")
            }
            guard let open = header.firstIndex(of: "("), let close = header[open...].firstIndex(of: ")") else {
                throw malformed("\(entry.name) says no shape")
            }
            let shape = try header[header.index(after: open)..<close].split(separator: ",").map { part in
                guard let size = Int(part.filter { $0 != " " }), size >= 0 else {
                    throw malformed("the shape of \(entry.name)")
                }
                return size
            }
            let stored = entry.range.upperBound - first - length
            var count = 1
            for size in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: size)
                guard !overflow, product <= stored else {
                    throw malformed("\(entry.name) has fewer numbers than its shape")
                }
                count = product
            }
            guard 4 * count == stored else {
                throw malformed("\(entry.name) has another number of numbers than its shape")
            }
            let values = try (0..<count).map {
                Float(bitPattern: UInt32(truncatingIfNeeded: try number(first + length + 4 * $0, byteCount: 4)))
            }
            return Array(shape: shape, values: values)
        }
    }
}
