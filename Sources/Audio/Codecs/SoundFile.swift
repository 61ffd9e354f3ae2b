import CSndfile
import Foundation

/// A file of sound that libsndfile reads or writes: wav, aiff, au, caf, flac, ogg, opus, mp3 and more.
///
/// One owner uses it at a time.
@safe final class SoundFile: AudioSource {
    let name: String
    let channelCount: Int
    let sampleRate: Int
    private let handle: OpaquePointer
    /// What the handle reads and writes, where that is memory.
    private let memory: MemoryFile?
    // The reason for a failed opening lies in one place for the whole process.
    private static let opening = NSLock()

    deinit { unsafe sf_close(handle) }

    // MARK: Reading

    /// - Throws: ``AudioError`` with libsndfile's reason.
    /// - Parameter name: What messages call the sound.
    init(reading path: String, name: String) throws {
        self.name = name
        memory = nil
        (unsafe handle, channelCount, sampleRate) = try unsafe SoundFile.open(named: name) { description in
            unsafe sf_open(path, Int32(SFM_READ), &description)
        }
    }

    /// - Parameter name: What messages call the sound.
    init(reading bytes: [UInt8], name: String) throws {
        self.name = name
        let memory = MemoryFile(bytes)
        self.memory = memory
        (unsafe handle, channelCount, sampleRate) = try unsafe SoundFile.open(named: name) { description in
            var functions = MemoryFile.functions
            return unsafe sf_open_virtual(
                &functions, Int32(SFM_READ), &description, Unmanaged.passUnretained(memory).toOpaque())
        }
    }

    private static func open(
        named name: String, _ body: (inout SF_INFO) -> OpaquePointer?
    ) throws -> (OpaquePointer, channelCount: Int, sampleRate: Int) {
        var description = SF_INFO()
        return try unsafe opening.withLock {
            guard let handle = unsafe body(&description) else {
                let reason = unsafe SoundFile.reason(nil)
                switch sf_error(nil) {
                case 1: throw AudioError.unknownFormat(file: name)  // SF_ERR_UNRECOGNISED_FORMAT
                case 2: throw AudioError.unreadable(file: name, reason)  // SF_ERR_SYSTEM
                default: throw AudioError.damaged(file: name, reason)
                }
            }
            return unsafe (handle, Int(description.channels), Int(description.samplerate))
        }
    }

    /// The library's own words, without their full stop.
    private static func reason(_ handle: OpaquePointer?) -> String {
        var text = unsafe String(cString: sf_strerror(handle))
        while text.last == "." || text.last == "\n" { text.removeLast() }
        return text
    }

    func read(frames: Int) throws -> [Float] {
        var failure: AudioError?
        let samples = unsafe [Float](unsafeUninitializedCapacity: frames * channelCount) { buffer, count in
            let read = unsafe sf_readf_float(handle, buffer.baseAddress!, sf_count_t(frames))
            count = max(0, Int(read)) * channelCount
            if read < frames, unsafe sf_error(handle) != 0 {
                failure = .damaged(file: name, unsafe SoundFile.reason(handle))
            }
        }
        if let failure { throw failure }
        return samples
    }

    // MARK: Writing

    /// - Parameters:
    ///   - format: libsndfile's number for the container and its contents.
    /// - Throws: ``AudioError/unwritable(format:_:)``.
    init(writing memory: MemoryFile, name: String, format: Int32, channelCount: Int, sampleRate: Int) throws {
        self.name = name
        self.memory = memory
        self.channelCount = channelCount
        self.sampleRate = sampleRate
        let opened = try unsafe SoundFile.opening.withLock {
            var functions = MemoryFile.functions
            var description = SF_INFO()
            description.format = format
            description.channels = Int32(channelCount)
            description.samplerate = Int32(sampleRate)
            let opened = unsafe sf_open_virtual(
                &functions, Int32(SFM_WRITE), &description, Unmanaged.passUnretained(memory).toOpaque())
            guard let opened = unsafe opened else {
                throw AudioError.unwritable(format: name, unsafe SoundFile.reason(nil))
            }
            return unsafe opened
        }
        unsafe handle = unsafe opened
        // Louder than full scale is cut, not wrapped round.
        _ = unsafe sf_command(handle, Int32(SFC_SET_CLIPPING), nil, Int32(SF_TRUE))
        // A stream of MPEG has no table of its frames: with as many bytes in each, its length is known all the same.
        var mode = Int32(SF_BITRATE_MODE_CONSTANT)
        _ = unsafe sf_command(handle, Int32(SFC_SET_BITRATE_MODE), &mode, Int32(MemoryLayout<Int32>.size))
        if format & Int32(SF_FORMAT_TYPEMASK) == Int32(SF_FORMAT_MPEG) {
            // 0 is the highest rate and 1 the lowest: some 110 kbit/s, where speech loses nothing that is heard.
            var level = 0.3
            _ = unsafe sf_command(
                handle, Int32(SFC_SET_COMPRESSION_LEVEL), &level, Int32(MemoryLayout<Double>.size))
        }
    }

    /// Appends whole frames.
    func write(_ samples: [Float]) throws {
        let frames = samples.count / channelCount
        guard frames > 0 else { return }
        let written = unsafe samples.withUnsafeBufferPointer {
            unsafe sf_writef_float(handle, $0.baseAddress!, sf_count_t(frames))
        }
        if written < frames { throw AudioError.unwritable(format: name, unsafe SoundFile.reason(handle)) }
    }

    /// Hands what is buffered on to the file.
    func flush() { unsafe sf_write_sync(handle) }
}
