public import TuttiCheckpoints

/// A file that arrives in parts.
public struct UploadObject: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable {
        case pending, completed, cancelled, expired
    }

    public let id: String
    /// What all parts together will have.
    public let byteCount: Int
    /// Seconds since 1970.
    public let createdAt: Int
    public let expiresAt: Int
    public let filename: String
    public let purpose: String
    public let mimeType: String
    public var status: Status
    /// What `expires_after` said of the file that it becomes.
    public let fileLifetimeSeconds: Int?
    /// What it became.
    public var file: FileObject?

    public init(
        id: String, byteCount: Int, createdAt: Int, expiresAt: Int, filename: String, purpose: String,
        mimeType: String, status: Status = .pending, fileLifetimeSeconds: Int? = nil, file: FileObject? = nil
    ) {
        self.id = id
        self.byteCount = byteCount
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.filename = filename
        self.purpose = purpose
        self.mimeType = mimeType
        self.status = status
        self.fileLifetimeSeconds = fileLifetimeSeconds
        self.file = file
    }

    public var json: JSON {
        [
            "id": .string(id), "object": "upload", "bytes": JSON(byteCount), "created_at": JSON(createdAt),
            "expires_at": JSON(expiresAt), "filename": .string(filename), "purpose": .string(purpose),
            "mime_type": .string(mimeType), "status": .string(status.rawValue), "file": file?.json ?? .null,
        ]
    }
}

/// A part of an upload.
public struct UploadPartObject: Sendable, Hashable {
    public let id: String
    public let uploadID: String
    public let createdAt: Int
    public let byteCount: Int

    public init(id: String, uploadID: String, createdAt: Int, byteCount: Int) {
        self.id = id
        self.uploadID = uploadID
        self.createdAt = createdAt
        self.byteCount = byteCount
    }

    public var json: JSON {
        [
            "id": .string(id), "object": "upload.part", "created_at": JSON(createdAt),
            "upload_id": .string(uploadID),
        ]
    }
}

/// The body of `POST /v1/uploads`.
public struct UploadRequest: Sendable {
    public var byteCount: Int
    public var filename: String
    public var mimeType: String
    public var purpose: String
    public var lifetime: ExpiresAfter?

    /// - Parameter maximumByteCount: The largest file that is taken.
    public init(_ body: JSON, maximumByteCount: Int) throws(APIError) {
        let fields = try Fields(body)
        guard let byteCount = try fields.int("bytes", in: 1...maximumByteCount) else { throw fields.missing("bytes") }
        self.byteCount = byteCount
        filename = try fields.requiredString("filename")
        guard !filename.isEmpty else { throw fields.wrongValue("filename", "it is empty") }
        mimeType = try fields.requiredString("mime_type")
        guard let purpose = try fields.word("purpose", of: FileObject.purposes) else { throw fields.missing("purpose") }
        self.purpose = purpose
        lifetime = try fields.object("expires_after").map { fields throws(APIError) in try ExpiresAfter(fields) }
    }
}
