import Foundation
import Testing
import TuttiCheckpoints

@Suite struct NumpyArchiveTests {
    /// `numpy.savez` of NumPy 2.4 wrote `{"a": [[1.5, -2]], "b": [3]}`, of float32.
    private static let file = Data(base64Encoded: archive)

    @Test func readsWhatNumPySaved() throws {
        let arrays = try NumpyArchive(#require(Self.file), file: "a.npz").arrays
        #expect(arrays["a"]?.shape == [1, 2] && arrays["a"]?.values == [1.5, -2])
        #expect(arrays["b"]?.shape == [1] && arrays["b"]?.values == [3])
    }

    /// Whatever is cut off or changed, it is an array or an error.
    @Test func survivesDamage() throws {
        let whole = try #require(Self.file)
        for count in 0..<whole.count {
            #expect(throws: (any Error).self) { try NumpyArchive(whole.prefix(count), file: "a.npz") }
        }
        for place in whole.indices {
            for change in [0x00, 0x7f, 0xff] as [UInt8] {
                var bytes = whole
                bytes[place] = change
                _ = try? NumpyArchive(bytes, file: "a.npz")
            }
        }
    }

    @Test func refusesCompressedOnes() throws {
        var bytes = try #require(Self.file)
        // The method of the directory's first entry.
        let directory = try #require(bytes.range(of: Data([0x50, 0x4b, 0x01, 0x02])))
        bytes[directory.lowerBound + 10] = 8
        #expect(throws: CheckpointError.self) { try NumpyArchive(bytes, file: "a.npz") }
    }
}

private let archive = """
    UEsDBC0AAAAAAAAAIQD9z6UI//////////8FABQAYS5ucHkBABAAiAAAAAAAAACIAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcs\
    ICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAKAADAPwAAAMBQSwMELQAAAAAAAAAhALKNF3j//////////wUAFABiLm5weQEAEACEAAAAAAAAAIQAAAAA\
    AAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKSwgfSAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAEBAUEsBAi0DLQAAAAAAAAAhAP3PpQiIAAAAiAAA\
    AAUAAAAAAAAAAAAAAIABAAAAAGEubnB5UEsBAi0DLQAAAAAAAAAhALKNF3iEAAAAhAAAAAUAAAAAAAAAAAAAAIABvwAAAGIubnB5UEsFBgAA\
    AAACAAIAZgAAAHoBAAAAAA==
    """
