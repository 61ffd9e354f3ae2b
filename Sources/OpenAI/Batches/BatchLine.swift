public import TuttiCheckpoints

/// One request of a batch's input file.
public struct BatchLine: Sendable, Hashable {
    public var customID: String
    public var url: String
    public var body: JSON

    /// Reads a line: `{"custom_id":…,"method":"POST","url":…,"body":{…}}`.
    /// - Parameters:
    ///   - line: Its number, from 1, for whatever is wrong.
    ///   - endpoint: The batch's own, which every line has to name.
    public init(_ text: some Sequence<UInt8>, line: Int, endpoint: String) throws(Refusal) {
        let json: JSON
        do { json = try JSON(parsing: text) } catch {
            throw Refusal("invalid_json_line", "Line \(line) is no JSON: \(error.message).", nil, line)
        }
        guard case .object = json else {
            throw Refusal("invalid_json_line", "Line \(line) is \(json.kind), and must be an object.", nil, line)
        }
        guard let customID = json["custom_id"]?.string, !customID.isEmpty else {
            throw Refusal("missing_required_parameter", "Line \(line) has no 'custom_id'.", "custom_id", line)
        }
        guard json["method"]?.string == "POST" else {
            throw Refusal("invalid_method", "The method of line \(line) must be \"POST\".", "method", line)
        }
        guard let url = json["url"]?.string, url == endpoint else {
            throw Refusal("invalid_url", "The url of line \(line) must be the batch's own, \(endpoint).", "url", line)
        }
        guard let body = json["body"], case .object = body else {
            throw Refusal("invalid_request", "Line \(line) has no object 'body'.", "body", line)
        }
        if body["stream"]?.bool == true {
            throw Refusal("invalid_request", "Line \(line) asks for a stream, which a batch cannot hold.", "body", line)
        }
        self.customID = customID
        self.url = url
        self.body = body
    }

    /// What is wrong with a line.
    public struct Refusal: Error {
        public let problem: BatchObject.Problem

        public init(_ code: String, _ message: String, _ param: String?, _ line: Int) {
            problem = .init(code: code, message: message, param: param, line: line)
        }
    }

    /// A line of the output or error file: what an endpoint answered.
    public static func answer(customID: String, status: Int, body: JSON) -> JSON {
        [
            "id": .string(Identifier.make("batch_req_")), "custom_id": .string(customID),
            "response": [
                "status_code": JSON(status), "request_id": .string(Identifier.make("req_")), "body": body,
            ],
            "error": nil,
        ]
    }

    /// A line of the error file: a request that was never made.
    public static func unanswered(customID: String, code: String, message: String) -> JSON {
        [
            "id": .string(Identifier.make("batch_req_")), "custom_id": .string(customID), "response": nil,
            "error": ["code": .string(code), "message": .string(message)],
        ]
    }
}

/// The body of `POST /v1/batches`.
public struct BatchRequest: Sendable {
    public var endpoint: String
    public var inputFileID: String
    public var metadata: JSON?
    public var outputLifetime: ExpiresAfter?

    /// - Parameter endpoints: What a batch may call.
    public init(_ body: JSON, endpoints: [String]) throws(APIError) {
        let fields = try Fields(body)
        inputFileID = try fields.requiredString("input_file_id")
        guard let endpoint = try fields.word("endpoint", of: endpoints) else { throw fields.missing("endpoint") }
        self.endpoint = endpoint
        guard try fields.word("completion_window", of: ["24h"]) != nil else {
            throw fields.missing("completion_window")
        }
        metadata = try fields.metadata()
        outputLifetime = try fields.object("output_expires_after").map { fields throws(APIError) in
            try ExpiresAfter(fields)
        }
    }
}
