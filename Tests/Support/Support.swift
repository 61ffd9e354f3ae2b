public import Foundation

/// Where the repository lies, so that tests find goldens, examples and the built program.
public let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The folder of committed reference outputs of one test target, such as `goldens("TextTests")`.
public func goldens(_ target: String) -> URL { repository.appending(path: "Tests/\(target)/Goldens") }
