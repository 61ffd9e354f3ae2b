import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How the terminal treats what is typed, and the way back to how it was.
struct TerminalMode: Sendable {
    enum Kind {
        /// As it was found.
        case original
        /// Nothing is shown, keys wait; Ctrl-C and Ctrl-Z are signals.
        case quiet
        /// Every key comes to the program.
        case keys
    }

    let descriptor: Int32
    private let original: termios

    /// Nil where `descriptor` is no terminal.
    init?(_ descriptor: Int32) {
        var settings = termios()
        guard unsafe tcgetattr(descriptor, &settings) == 0 else { return nil }
        (self.descriptor, original) = (descriptor, settings)
    }

    func set(_ kind: Kind) {
        var settings = original
        if kind != .original {
            settings.c_iflag &= ~tcflag_t(ICRNL | INLCR | IXON)
            settings.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN)
            if kind == .keys { settings.c_lflag &= ~tcflag_t(ISIG) }
            unsafe withUnsafeMutableBytes(of: &settings.c_cc) { controls in
                unsafe controls[Int(VMIN)] = 1
                unsafe controls[Int(VTIME)] = 0
            }
        }
        // At once and without losing what was typed ahead.
        unsafe tcsetattr(descriptor, TCSANOW, &settings)
    }

    /// Columns and rows of the terminal; 80 × 24 where it does not say.
    static func size(_ descriptor: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
