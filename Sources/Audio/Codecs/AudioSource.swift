/// Sound that can be read once, from its beginning.
protocol AudioSource: AnyObject {
    var name: String { get }
    var channelCount: Int { get }
    /// Frames in a second.
    var sampleRate: Int { get }
    /// The next frames, as they are stored: channel beside channel. Fewer than asked for only at the end, none after it.
    /// - Throws: ``AudioError``.
    func read(frames: Int) throws -> [Float]
}
