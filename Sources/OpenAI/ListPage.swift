public import TuttiCheckpoints

/// Which part of a list is wanted: `limit`, `order`, `after`.
public struct ListQuery: Sendable, Hashable {
    public var limit: Int
    public var isAscending: Bool
    /// The id of the last object that the client has.
    public var after: String?

    public init(limit: Int = 20, isAscending: Bool = false, after: String? = nil) {
        self.limit = limit
        self.isAscending = isAscending
        self.after = after
    }

    /// Reads a query.
    /// - Parameters:
    ///   - value: The query's parameters by name.
    ///   - limits: How many objects may be asked for at once.
    ///   - standard: How many there are in a page when the client does not say.
    /// - Throws: `APIError` 400 that names the parameter.
    public init(
        limits: ClosedRange<Int> = 1...100, standard: Int = 20, isAscending: Bool = false,
        _ value: (String) -> String?
    ) throws(APIError) {
        limit = standard
        if let text = value("limit") {
            guard let count = Int(text), limits.contains(count) else {
                throw .invalid(
                    "Invalid value for 'limit': '\(text)' is no integer from \(limits.lowerBound) to \(limits.upperBound).",
                    param: "limit", code: "invalid_value")
            }
            limit = count
        }
        switch value("order") {
        case nil: self.isAscending = isAscending
        case "asc": self.isAscending = true
        case "desc": self.isAscending = false
        case let word?:
            throw .invalid(
                "Invalid value: '\(word)'. Supported values of 'order' are: 'asc', 'desc'.", param: "order",
                code: "invalid_value")
        }
        after = value("after")
    }
}

/// A part of a list, as the API tells it.
public struct ListPage: Sendable {
    public var items: [JSON]
    public var hasMore: Bool

    public init(items: [JSON], hasMore: Bool) {
        self.items = items
        self.hasMore = hasMore
    }

    public var json: JSON {
        [
            "object": "list", "data": .array(items), "first_id": items.first?["id"] ?? "",
            "last_id": items.last?["id"] ?? "", "has_more": .bool(hasMore),
        ]
    }
}
