import GRDB
import TuttiCheckpoints
import TuttiOpenAI

extension ListQuery {
    /// A page of a table's rows, in the order in which they were stored.
    /// - Parameters:
    ///   - table: Has the columns `position`, which grows, and `id`.
    ///   - condition: What rows of the list have in common.
    ///   - arguments: What the condition's question marks stand for.
    /// - Throws: `APIError` 400 when `after` is not in the list.
    func rows(
        _ db: Database, of table: String, where condition: String = "1", _ arguments: StatementArguments = []
    ) throws -> (rows: [Row], hasMore: Bool) {
        var sql = "SELECT * FROM \(table) WHERE \(condition)", values = arguments
        if let after {
            let place = try Int64.fetchOne(
                db, sql: "SELECT position FROM \(table) WHERE \(condition) AND id = ?", arguments: arguments + [after])
            guard let place else {
                throw APIError.invalid(
                    "Invalid 'after': there is no '\(after)' in this list.", param: "after", code: "invalid_value")
            }
            sql += " AND position \(isAscending ? ">" : "<") ?"
            values += [place]
        }
        sql += " ORDER BY position \(isAscending ? "ASC" : "DESC") LIMIT ?"
        var rows = try Row.fetchAll(db, sql: sql, arguments: values + [limit + 1])
        let hasMore = rows.count > limit
        if hasMore { rows.removeLast() }
        return (rows, hasMore)
    }

    /// The page as the API tells it; each row's JSON lies in its column `body`.
    func page(
        _ db: Database, of table: String, where condition: String = "1", _ arguments: StatementArguments = []
    ) throws -> ListPage {
        let (rows, hasMore) = try rows(db, of: table, where: condition, arguments)
        return ListPage(items: try rows.map { try JSON(parsing: $0["body"] as String) }, hasMore: hasMore)
    }
}
