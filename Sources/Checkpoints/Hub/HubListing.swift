package import Foundation

/// What the hub says of a repository at one commit.
///
/// - SeeAlso: the hub's API, `GET /api/models/OWNER/NAME/revision/REVISION?blobs=true`.
package struct HubListing: Sendable, Equatable {
    /// `OWNER/NAME` as the hub writes it.
    package let repository: String
    package let commit: String
    /// The files that may be used, sorted by path.
    package let files: [HubFile]
    /// How many were left out because their names could lead out of a folder.
    package let unsafeCount: Int

    /// An answer of more bytes than this is not read.
    package static let largestByteCount = 32 << 20
    package static let largestFileCount = 100_000

    package init(repository: String, commit: String, files: [HubFile], unsafeCount: Int = 0) {
        (self.repository, self.commit, self.unsafeCount) = (repository, commit, unsafeCount)
        self.files = files.sorted { $0.path < $1.path }
    }

    /// Reads the hub's answer.
    /// - Parameters:
    ///   - asked: The repository that was asked for.
    ///   - host: Who answered, for messages.
    /// - Throws: `HubError.badAnswer`.
    package init(_ json: Data, asked: String, host: String) throws {
        func refuse(_ reason: String) -> StoreError { .hub(.badAnswer(host: host, reason: reason)) }
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: json)
        } catch let error as TooManyFiles {
            throw refuse("\(error)")
        } catch {
            throw refuse("its list of the files of \(asked) cannot be read")
        }
        guard answer.sha.wholeMatch(of: /[0-9a-f]{40,64}/) != nil else { throw refuse("it names no commit") }
        var files: [HubFile] = [], unsafeCount = 0
        for sibling in answer.siblings {
            if let file = sibling.file { files.append(file) } else { unsafeCount += 1 }
        }
        // The name under which the hub has it now; what is not like a name is not believed.
        let name = answer.id.flatMap { HubReference.isRepository($0) ? $0 : nil } ?? asked
        self.init(repository: name, commit: answer.sha, files: files, unsafeCount: unsafeCount)
    }

    private struct TooManyFiles: Error, CustomStringConvertible {
        var description: String { "it lists more than \(HubListing.largestFileCount) files" }
    }

    private struct Answer: Decodable {
        let id: String?
        let sha: String
        let siblings: [Sibling]

        private enum Keys: String, CodingKey { case id, sha, siblings }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            id = try container.decodeIfPresent(String.self, forKey: .id)
            sha = try container.decode(String.self, forKey: .sha)
            var list = try container.nestedUnkeyedContainer(forKey: .siblings), siblings: [Sibling] = []
            while !list.isAtEnd {
                siblings.append(try list.decode(Sibling.self))
                if siblings.count > HubListing.largestFileCount { throw TooManyFiles() }
            }
            self.siblings = siblings
        }
    }

    private struct Sibling: Decodable {
        struct LargeFile: Decodable {
            let sha256: String?
            let size: Int?
        }

        let rfilename: String
        let size: Int?
        let blobId: String?
        let lfs: LargeFile?

        /// Nil if its name could lead out of a folder.
        var file: HubFile? {
            guard SafePath.isSafe(rfilename) else { return nil }
            let byteCount = lfs?.size ?? size
            return HubFile(
                path: rfilename, byteCount: byteCount.flatMap { CatalogChecks.isSize($0) ? $0 : nil },
                digest: lfs?.sha256.flatMap(HubDigest.init) ?? (lfs == nil ? blobId.flatMap(HubDigest.init) : nil))
        }
    }
}

/// A file of a repository.
package struct HubFile: Sendable, Equatable, Codable {
    /// Where it lies in the repository.
    package let path: String
    /// Nil where the hub does not say it.
    package let byteCount: Int?
    package let digest: HubDigest?

    package init(path: String, byteCount: Int?, digest: HubDigest?) {
        (self.path, self.byteCount, self.digest) = (path, byteCount, digest)
    }

    /// The name without folders.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// How a file is known to be the right one: large files by their SHA-256, small ones by the name that Git gives them.
package enum HubDigest: Sendable, Equatable, Codable {
    case sha256(String)
    /// The SHA-1 of `blob SIZE`, a zero byte and the content.
    case gitBlob(String)

    /// Tells them apart by their length; nil for what is neither.
    package init?(_ text: String) {
        if text.wholeMatch(of: /[0-9a-f]{64}/) != nil {
            self = .sha256(text)
        } else if text.wholeMatch(of: /[0-9a-f]{40}/) != nil {
            self = .gitBlob(text)
        } else {
            return nil
        }
    }

    var text: String {
        switch self {
        case .sha256(let text), .gitBlob(let text): text
        }
    }
}
