import Testing
import TuttiCheckpoints

@Suite struct JSONTests {
    @Test(arguments: [
        #"null"#, "true", "[]", "{}", "0", "-0", "12", "-7", "0.5", "1e+16", "1.5e-07",
        "123456789012345678901234567890",
        #""a\"b\\c\n""#, #""é👋""#, #"[1,[2,{"a":null}]]"#, #"{"b":1,"a":2,"B":3}"#, "100000.0", "\"\u{2028}\"",
    ])
    func readsWhatItWrites(text: String) throws {
        let json = try JSON(parsing: text)
        let expected = text == "-0" ? "0" : text
        #expect(json.text() == expected)
        #expect(try JSON(parsing: json.text(.python)) == json)
        #expect(try JSON(parsing: json.text(.indented())) == json)
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1), ("{'a':1}", 1), ("01", 1),
        ("1.", 2), (".5", 0),
        ("+1", 0), ("-", 1), ("1e", 2), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("nul", 0), ("nulls", 4),
        ("\"a", 0),
        ("\"a\nb\"", 2), (#""\q""#, 1), (#""\u12""#, 1), ("1 2", 2), ("[", 1), ("{\"a\":", 5), ("1e999", 0),
        ("\u{feff}1", 0),
        ("//c\n1", 0), ("\u{a0}1", 0), ("[1}", 2), ("{\"a\":1,}", 7), ("\0", 0), ("\"\0\"", 1),
    ])
    func refuses(text: String, byteOffset: Int) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.byteOffset == byteOffset)
    }

    @Test func saysTheLine() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\n\n  \"a\": x}") }
        #expect(error?.line == 3)
        #expect(error?.description == "JSON, line 3, byte 10: a value is expected here")
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xff, 0x22] as [UInt8]) }
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xed, 0xa0, 0x80, 0x22] as [UInt8]) }
    }

    @Test func isBoundedInDepthAndBytes() throws {
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        _ = try JSON(parsing: deep)
        #expect(throws: JSONError.self) { try JSON(parsing: "[" + deep + "]") }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[1,2,3]", byteCount: 6) }
    }

    /// Swift's own string equality would make one key of the two.
    @Test func keysAreComparedByBytes() throws {
        let json = try JSON(parsing: "{\"\u{e9}\": 1, \"e\u{301}\": 2, \"a\\u0000b\": 3, \"a\": 4}")
        #expect(json.object?.count == 4)
        #expect(json["\u{e9}"] == 1)
        #expect(json["e\u{301}"] == 2)
        #expect(json["a\u{0}b"] == 3)
        #expect(json["a"] == 4)
        #expect(JSON.string("\u{e9}") != JSON.string("e\u{301}"))
        #expect(JSON.Key("\u{1e0b}\u{323}") != JSON.Key("\u{1e0d}\u{307}"))
    }

    @Test func keepsOrderAndTakesTheLastOfTwo() throws {
        let json = try JSON(parsing: #"{"z": 1, "a": 2, "z": 3}"#)
        #expect(json.text() == #"{"z":3,"a":2}"#)
        #expect(json == ["a": 2, "z": 3])
    }

    @Test func surrogatesAndEscapes() throws {
        #expect(try JSON(parsing: #""\ud83d\udc4b\u00e9\/\b\f""#) == "👋é/\u{8}\u{c}")
        #expect(try JSON(parsing: #""\ud83dx\udc4b\ud83d\n""#) == "\u{fffd}x\u{fffd}\u{fffd}\n")
        #expect(JSON.string("\u{1}é👋\u{7f}").text() == "\"\\u0001é👋\u{7f}\"")
        var ascii = JSON.Style.compact
        ascii.escapesNonASCII = true
        #expect(JSON.string("é👋\u{7f}").text(ascii) == "\"\\u00e9\\ud83d\\udc4b\u{7f}\"")
    }

    @Test func wholeNumbersStayWhole() throws {
        #expect(try JSON(parsing: "9007199254740993") == .integer(9_007_199_254_740_993))
        #expect(try JSON(parsing: "18446744073709551616") == .integer(18_446_744_073_709_551_616))
        #expect(try JSON(parsing: "1.0") == .number(1))
        #expect(try JSON(parsing: "1" + String(repeating: "0", count: 50)) == .number(1e50))
        #expect(try JSON(parsing: "3.0").int == 3)
        #expect(try JSON(parsing: "3.5").int == nil)
    }

    @Test func writesAsPythonDoes() {
        let json: JSON = ["b": [1, 2.5, true, nil], "a": [:], "c": []]
        #expect(json.text(.python) == #"{"b": [1, 2.5, true, null], "a": {}, "c": []}"#)
        #expect(
            json.text(.indented(1)) == "{\n \"b\": [\n  1,\n  2.5,\n  true,\n  null\n ],\n \"a\": {},\n \"c\": []\n}")
        var sorted = JSON.Style.compact
        sorted.sortsKeys = true
        #expect(json.text(sorted) == #"{"a":{},"b":[1,2.5,true,null],"c":[]}"#)
    }
}
