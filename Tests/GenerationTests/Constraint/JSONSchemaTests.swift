import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration

/// Schemas with values that they take and values that they do not; what is said of each was looked up in the
/// specification and checked with Python's `jsonschema`.
struct SchemaCase: Sendable, CustomTestStringConvertible {
    let schema: String
    let valid: [String]
    let invalid: [String]
    var testDescription: String { schema }

    init(_ schema: String, _ valid: [String], not invalid: [String]) {
        self.schema = schema
        self.valid = valid
        self.invalid = invalid
    }
}

@Suite struct JSONSchemaTests {
    static let cases: [SchemaCase] = [
        .init(
            #"true"#, ["1", "null", #"{"a": [1, {"b": "c"}]}"#, "[]"],
            not: ["", "{", "[1,]", #"{"a" 1}"#, "tru", "01", "1."]),
        .init(#"{}"#, ["1", #""x""#, "[true, false]"], not: ["nul", #""x"#, #""\x""#]),
        .init(
            #"{"type": "string"}"#, [#""""#, #""a\n\u00e9\"""#, #""é日本""#, #""\ud83d\ude00""#],
            not: ["1", #""a"#, #""\ud83d""#, "\"\n\""]),
        .init(
            #"{"type": "string", "minLength": 2, "maxLength": 3}"#, [#""ab""#, #""日本é""#, #""a\nb""#],
            not: [#""a""#, #""abcd""#]),
        .init(#"{"type": "integer"}"#, ["0", "-7", "123456789"], not: ["01", "1.5", "-", "+1", "1e3", #""1""#]),
        .init(#"{"type": "number"}"#, ["0", "-7.25", "1e5", "2.5E-3"], not: ["01", ".5", "1.", "1e", "NaN"]),
        .init(
            #"{"type": "integer", "minimum": -3, "maximum": 120}"#, ["-3", "0", "-1", "7", "99", "100", "120"],
            not: ["-4", "121", "200", "1000", "-10"]),
        .init(
            #"{"type": "integer", "exclusiveMinimum": 9, "exclusiveMaximum": 101}"#, ["10", "99", "100"],
            not: ["9", "101", "0", "-10"]),
        .init(
            #"{"type": "number", "minimum": 0, "maximum": 1}"#, ["0", "1", "0.5", "1.0", "0.999", "0.0"],
            not: ["1.01", "-0.1", "2", "10"]),
        .init(
            #"{"type": "number", "exclusiveMinimum": 0.25, "maximum": 2.5}"#,
            ["0.26", "0.251", "2.5", "2.50", "1", "2.49"], not: ["0.25", "0.250", "2.51", "0.2", "3"]),
        .init(#"{"type": "number", "minimum": 5, "exclusiveMinimum": true}"#, ["5.1", "6"], not: ["5", "5.0", "4"]),
        .init(#"{"type": "integer", "multipleOf": 7}"#, ["0", "7", "-14", "700"], not: ["1", "8", "71"]),
        .init(
            #"{"type": "number", "multipleOf": 0.25}"#, ["0.25", "1", "1.5", "2.750"], not: ["0.3", "1.26", "0.255"]),
        .init(
            #"{"enum": ["a", 1, null, true, [1, 2], {"x": "y"}]}"#,
            [#""a""#, "1", "null", "true", "[1, 2]", #"{"x": "y"}"#], not: [#""b""#, "2", "false", "[1]", "{}"]),
        .init(#"{"const": {"a": [true]}}"#, [#"{"a": [true]}"#], not: [#"{"a": [false]}"#, "{}"]),
        .init(#"{"type": ["string", "null"]}"#, [#""x""#, "null"], not: ["1", "true"]),
        .init(
            #"{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}"#, ["[1]", "[1, 2, 3]"],
            not: ["[]", "[1, 2, 3, 4]", #"["a"]"#]),
        .init(
            #"{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}"#,
            ["[]", #"["a"]"#, #"["a", 1]"#], not: [#"["a", 1, 2]"#, "[1]"]),
        .init(
            #"{"type": "array", "items": [{"const": 1}], "additionalItems": {"const": 2}}"#,
            ["[]", "[1]", "[1, 2, 2]"], not: ["[2]", "[1, 1]"]),
        .init(
            #"{"type": "array", "contains": {"const": 5}, "items": {"type": "integer"}, "maxItems": 2}"#,
            ["[5]", "[1, 5]", "[5, 1]", "[5, 5]"], not: ["[]", "[1]", "[1, 2]", "[1, 2, 5]"]),
        .init(
            #"{"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": true, "minItems": 2}"#,
            [#"["a", "c"]"#, #"["c", "b", "a"]"#], not: [#"["a"]"#, #"["a", "a"]"#]),
        .init(
            #"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a", "b"], "additionalProperties": false}"#,
            [#"{"a": 1, "b": "x"}"#],
            not: ["{}", #"{"a": 1}"#, #"{"b": "x"}"#, #"{"a": 1, "b": "x", "c": 2}"#, #"{"a": "x", "b": "x"}"#]),
        .init(
            #"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["b"]}"#,
            [#"{"b": "x"}"#, #"{"a": 1, "b": "x", "c": [2]}"#], not: ["{}", #"{"a": 1}"#, #"{"b": "x", "a": "y"}"#]),
        .init(
            #"{"type": "object", "properties": {"a": false, "b": true}, "required": ["c"]}"#,
            [#"{"b": 1, "c": 2}"#, #"{"c": null}"#], not: [#"{"a": 1, "c": 2}"#, #"{"b": 1}"#, #"{"c": 1, "a": 2}"#]),
        .init(
            #"{"type": "object", "patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": {"type": "string"}}"#,
            [#"{"n1": 1, "x": "y"}"#, "{}"], not: [#"{"n1": "a"}"#, #"{"x": 1}"#]),
        .init(
            #"{"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}"#, [#"{"abc": 1}"#, "{}"],
            not: [#"{"Abc": 1}"#, #"{"": 1}"#]),
        .init(
            #"{"type": "object", "minProperties": 1, "maxProperties": 2, "properties": {"a": {}, "b": {}, "c": {}}, "additionalProperties": false}"#,
            [#"{"a": 1}"#, #"{"b": 1, "c": 2}"#], not: ["{}", #"{"a": 1, "b": 2, "c": 3}"#]),
        .init(
            #"{"type": "number", "multipleOf": 3}"#, ["12", "12.0", "3000000000000000000000"],
            not: ["1782197024875042236975830489011635804672.0", "4.0"]),
        .init(
            #"{"type": "number", "exclusiveMaximum": 5.1, "minimum": 0}"#, ["5", "5.0999999999999", "0.1"],
            not: ["5.1", "5.09999999999999999999", "-0.1"]),
        .init(
            #"{"type": "object", "minProperties": 2, "properties": {"a": {}}, "required": ["a"]}"#,
            [#"{"a": 1, "b": 2}"#, #"{"a": 1, "b": 2, "b": 3}"#], not: [#"{"a": 1}"#, #"{"b": 1, "b": 2}"#]),
        .init(
            #"{"type": "string", "oneOf": [{"pattern": "NEW"}, {"pattern": "ON_A"}, {"pattern": "ON_B"}]}"#,
            [#""xNEW""#, #""ON_ON_A""#, #""éON_B NE""#], not: [#""ON_""#, #""NEW ON_A""#, #""ON_B, ON_A, NEW""#]),
        .init(
            #"{"type": "string", "pattern": "^(\\S+\\s+){0,40}\\S+$", "minLength": 3, "maxLength": 61}"#,
            [#""abc""#, #""a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5""#],
            not: [#""ab""#, #""a b ""#, #""a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6""#]),
        .init(
            #"{"type": "object", "properties": {"card": {"type": "integer"}, "address": {"type": "string"}}, "dependentRequired": {"card": ["address"]}, "additionalProperties": false}"#,
            ["{}", #"{"address": "x"}"#, #"{"card": 1, "address": "x"}"#], not: [#"{"card": 1}"#]),
        .init(
            #"{"type": "object", "properties": {"b": {}, "a": {}}, "dependencies": {"a": ["b"]}, "additionalProperties": false}"#,
            ["{}", #"{"b": 1, "a": 2}"#], not: [#"{"a": 2}"#]),
        .init(
            #"{"anyOf": [{"type": "integer", "minimum": 10}, {"type": "string", "maxLength": 2}]}"#, ["10", #""ab""#],
            not: ["9", #""abc""#, "null"]),
        .init(
            #"{"oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]}"#,
            ["2", "3", "4", "9"], not: ["6", "12", "1", "0"]),
        .init(
            #"{"oneOf": [{"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind", "x"]}, {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]}]}"#,
            [#"{"kind": "a", "x": 1}"#, #"{"kind": "b"}"#, #"{"kind": "b", "x": "y"}"#],
            not: [#"{"kind": "a"}"#, #"{"kind": "c"}"#]),
        .init(
            #"{"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}]}"#,
            [#"{"a": 1, "b": "x"}"#], not: [#"{"a": 1}"#, #"{"a": 1, "b": 2}"#]),
        .init(
            #"{"allOf": [{"minimum": 3}, {"maximum": 5}, {"type": "integer"}]}"#, ["3", "5"],
            not: ["2", "6", "3.5", #""x""#]),
        .init(
            #"{"type": "string", "not": {"enum": ["a", "b"]}}"#, [#""c""#, #""ab""#, #""""#],
            not: [#""a""#, #""b""#, #""\u0061""#, "1"]),
        .init(
            #"{"not": {"type": ["string", "object", "array"]}}"#, ["1", "null", "true", "1.5"],
            not: [#""a""#, "{}", "[]"]),
        .init(
            #"{"type": "object", "not": {"required": ["a"]}, "properties": {"a": {}, "b": {}}}"#, ["{}", #"{"b": 1}"#],
            not: [#"{"a": 1}"#]),
        .init(
            #"{"type": "object", "properties": {"k": {"enum": ["x", "y"]}, "v": {"type": "integer"}}, "required": ["k"], "if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["v"]}, "additionalProperties": false}"#,
            [#"{"k": "x", "v": 1}"#, #"{"k": "y"}"#, #"{"k": "y", "v": 2}"#], not: [#"{"k": "x"}"#]),
        .init(
            ##"{"$defs": {"n": {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}}, "required": ["v", "next"], "additionalProperties": false}}, "$ref": "#/$defs/n"}"##,
            [#"{"v": 1, "next": null}"#, #"{"v": 1, "next": {"v": 2, "next": null}}"#],
            not: [#"{"v": 1}"#, #"{"v": 1, "next": {}}"#]),
        .init(##"{"type": "array", "items": {"$ref": "#"}}"##, ["[]", "[[], [[]]]"], not: ["[1]", "{}"]),
        .init(
            ##"{"definitions": {"a/b~c": {"type": "integer"}}, "$ref": "#/definitions/a~1b~0c"}"##, ["1"],
            not: [#""x""#]),
        .init(##"{"$defs": {"x": {"$anchor": "here", "type": "boolean"}}, "$ref": "#here"}"##, ["true"], not: ["1"]),
        .init(
            #"{"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}"#, [#""AB-123""#],
            not: [#""AB-12""#, #""xAB-123""#, #""AB-1234""#]),
        .init(#"{"type": "string", "pattern": "b+"}"#, [#""abc""#, #""b""#, #""xx\nb""#], not: [#""ac""#, #""""#]),
        .init(#"{"type": "string", "pattern": "^a|b$"}"#, [#""ax""#, #""xb""#], not: [#""xa""#, #""bx""#]),
        .init(
            #"{"type": "string", "pattern": "^(?!foo)[a-z]+$"}"#, [#""fo""#, #""bar""#], not: [#""foo""#, #""foox""#]),
        .init(#"{"type": "string", "pattern": "^\"q\"\\\\$"}"#, [#""\"q\"\\""#], not: [#""q""#]),
        .init(#"{"type": "string", "pattern": "^\\d{2}$", "maxLength": 1}"#, [], not: [#""12""#]),
        .init(
            #"{"type": "string", "format": "date"}"#, [#""2024-02-29""#, #""1999-12-31""#],
            not: [#""2023-02-29""#, #""2024-13-01""#, #""2024-1-1""#, #""0000-01-01""#]),
        .init(
            #"{"type": "string", "format": "date-time"}"#,
            [#""2024-02-29T23:59:59Z""#, #""2024-01-01T00:00:00.25+02:00""#],
            not: [#""2024-02-29""#, #""2024-02-29T24:00:00Z""#]),
        .init(#"{"type": "string", "format": "time"}"#, [#""12:00:00Z""#], not: [#""25:00:00Z""#, #""12:00""#]),
        .init(
            #"{"type": "string", "format": "duration"}"#, [#""P1Y2M3DT4H5M6S""#, #""PT5M""#, #""P2W""#],
            not: [#""P""#, #""PT""#, #""P1Y1W""#]),
        .init(
            #"{"type": "string", "format": "email"}"#, [#""a.b+c@example.org""#],
            not: [#""a.example.org""#, #""a@""#, #"".a@b""#]),
        .init(
            #"{"type": "string", "format": "hostname"}"#, [#""example.org""#, #""a-b""#],
            not: [#""-a""#, #""a..b""#, #""a_b""#]),
        .init(
            #"{"type": "string", "format": "ipv4"}"#, [#""127.0.0.1""#],
            not: [#""256.0.0.1""#, #""1.2.3""#, #""01.2.3.4""#]),
        .init(
            #"{"type": "string", "format": "ipv6"}"#,
            [#""::1""#, #""2001:db8::ff00:42:8329""#, #""::ffff:1.2.3.4""#, #""1:2:3:4:5:6:7:8""#],
            not: [#""1:2:3""#, #""::1::""#, #""12345::""#]),
        .init(
            #"{"type": "string", "format": "uri"}"#,
            [#""https://example.org/a?b=c#d""#, #""mailto:a@b.c""#, #""urn:x:y""#],
            not: [#""example""#, #""http://a b""#, #""//x""#]),
        .init(
            #"{"type": "string", "format": "uuid"}"#, [#""123e4567-e89b-12d3-a456-426614174000""#],
            not: [#""123e4567""#]),
        .init(
            #"{"properties": {"a": {"type": "integer"}}, "type": "object", "additionalProperties": {"type": "boolean"}}"#,
            [#"{"a": 1, "b": true}"#], not: [#"{"a": true}"#, #"{"b": 1}"#]),
        .init(
            #"{"type": "object", "properties": {"x": {"type": "object", "properties": {"y": {"type": "array", "items": {"type": "object", "properties": {"z": {"type": "null"}}, "required": ["z"]}}}, "required": ["y"]}}, "required": ["x"]}"#,
            [#"{"x": {"y": [{"z": null}, {"z": null}]}}"#, #"{"x": {"y": []}}"#],
            not: [#"{"x": {"y": [{}]}}"#, #"{"x": {}}"#]),
    ]

    @Test(arguments: cases) func validValuesPassAndOthersDoNot(one: SchemaCase) throws {
        let schema = try JSON(parsing: one.schema)
        if one.valid.isEmpty {
            #expect(throws: GrammarError.self) { try compile(.jsonSchema(schema, .compact)) }
            return
        }
        let grammar = try compile(.jsonSchema(schema, .compact))
        for value in one.valid { #expect(takes(grammar, value), "\(value) is refused") }
        for value in one.invalid { #expect(!takes(grammar, value), "\(value) is taken") }
    }

    @Test func propertiesComeInTheSchemasOrderUnlessAskedOtherwise() throws {
        let schema = try JSON(
            parsing:
                #"{"type": "object", "properties": {"z": {}, "a": {}, "m": {}}, "required": ["m", "z"], "additionalProperties": false}"#
        )
        var style = JSONStyle.compact
        let ordered = try compile(.jsonSchema(schema, style))
        #expect(takes(ordered, #"{"z": 1, "m": 2}"#) && !takes(ordered, #"{"m": 2, "z": 1}"#))
        style.allowsAnyOrder = true
        let free = try compile(.jsonSchema(schema, style))
        for text in [#"{"z": 1, "m": 2}"#, #"{"m": 2, "z": 1}"#, #"{"a": 0, "m": 2, "z": 1}"#] {
            #expect(takes(free, text))
        }
        #expect(!takes(free, #"{"a": 0, "m": 2}"#) && !takes(free, #"{"m": 2, "m": 2, "z": 1}"#))
    }

    @Test func flexibleBlanksAreBounded() throws {
        let schema: JSON = [
            "type": "object", "properties": ["a": ["type": "array", "items": ["type": "integer"]]], "required": ["a"],
        ]
        let grammar = try compile(.jsonSchema(schema, .flexible))
        for text in [
            #"{"a":[1,2]}"#, #"{"a": [1, 2]}"#, "{\n  \"a\": [\n    1,\n    2\n  ]\n}", "{ \"a\" : [ 1 , 2 ] }",
        ] {
            #expect(takes(grammar, text), "\(text)")
        }
        #expect(!begins(grammar, "{  ") && !begins(grammar, "{\n\n") && !begins(grammar, " {"))
    }

    @Test(arguments: [
        (#"{"type": "object", "unevaluatedProperties": false}"#, "unevaluatedProperties", "#"),
        (#"{"type": "array", "uniqueItems": true}"#, "uniqueItems", "#"),
        (#"{"properties": {"a": {"type": "string", "pattern": "(a)\\1"}}}"#, "pattern", "#/properties/a"),
        (#"{"properties": {"a": {"format": "no-such"}}}"#, "format", "#/properties/a"),
        (#"{"items": {"type": "strin"}}"#, "type", "#/items"),
        (#"{"$ref": "https://example.org/schema"}"#, "$ref", "#"),
        (##"{"$ref": "#/$defs/none"}"##, "$ref", "#"),
        (
            ##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}"##, "$ref",
            "#/$defs/a"
        ),
        (#"{"minLength": -1}"#, "minLength", "#"),
        (#"{"items": {"type": "object", "minProperties": 2}}"#, "minProperties", "#/items"),
        (
            #"{"items": {"type": "string", "pattern": "^(?!.*://)((.{1,63}\\.){1,127}(?![0-9]*$)[a-z0-9-]+\\.?)$"}}"#,
            "pattern", "#/items"
        ),
        (#"{"required": true}"#, "required", "#"),
    ])
    func whatCannotBeCompiledIsNamed(schema: String, keyword: String, path: String) throws {
        let error = #expect(throws: GrammarError.self) {
            try compile(.jsonSchema(try JSON(parsing: schema), .compact))
        }
        #expect(error?.keyword == keyword && error?.path == path, "\(String(describing: error))")
    }

    @Test(arguments: [
        #"false"#, #"{"type": "integer", "minimum": 3, "maximum": 2}"#, #"{"enum": []}"#,
        ##"{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}"##,
        #"{"type": "string", "not": {"type": "string"}}"#,
    ])
    func schemasThatTakeNothingAreRefused(schema: String) throws {
        #expect(throws: GrammarError.self) { try compile(.jsonSchema(try JSON(parsing: schema), .compact)) }
    }

    @Test(.timeLimit(.minutes(1))) func hostileSchemasEndInTime() throws {
        let many = JSON.array((0..<10_000).map { .string("value number \($0)") })
        #expect(takes(try compile(.jsonSchema(["enum": many], .compact)), #""value number 9999""#))
        var deep: JSON = ["type": "integer"]
        for _ in 0..<60 { deep = ["type": "array", "items": deep] }
        #expect(begins(try compile(.jsonSchema(deep, .compact)), String(repeating: "[", count: 60) + "1"))
        // 2^20 combinations.
        let choice: JSON = ["anyOf": [["minLength": 1], ["maxLength": 5]]]
        #expect(throws: GrammarError.self) {
            try compile(.jsonSchema(["allOf": .array(Array(repeating: choice, count: 20))], .compact))
        }
        let slow = try compile(.regex("(a|b)*a(a|b){20}c"))
        var matcher = GrammarMatcher(slow)
        for _ in 0..<40 { matcher.accept(bytes: Array("ab".utf8)) }
        #expect(matcher.mask().allowedCount > 0)
        let large: JSON = ["type": "array", "items": ["type": "integer"], "minItems": 1_000_000]
        #expect(begins(try compile(.jsonSchema(large, .compact)), "[1, 2, 3"))
    }

    /// Whatever is chosen of what is allowed, the answer is valid in the end.
    @Test(arguments: 0..<12) func randomChoicesEndInValidValues(seed: UInt64) throws {
        let vocabulary = try SmallVocabulary.shared.get(), tokenizer = try SmallVocabulary.tokenizer()
        for one in Self.cases where !one.valid.isEmpty {
            for style in [JSONStyle.compact, .flexible] {
                let grammar = try Grammar.compile(.jsonSchema(try JSON(parsing: one.schema), style), for: vocabulary)
                guard let text = babble(grammar, seed: seed, limit: 300, tokenizer) else { continue }
                #expect(takes(grammar, text), "\(text)")
                #expect(throws: Never.self) { try JSON(parsing: text, depth: 400) }
            }
        }
    }
}
