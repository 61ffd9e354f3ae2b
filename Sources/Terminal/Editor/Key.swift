/// What a person presses, or pastes, at a terminal.
public enum Key: Sendable, Equatable {
    /// Characters that stand for themselves.
    case text(String)
    /// Text that came at once, by the terminal's bracketed paste; its newlines are `\n`.
    case paste(String)
    case enter
    /// A new line in the text: Alt-Enter, Shift-Enter where the terminal tells it apart, Ctrl-J.
    case newLine
    case tab, backspace, delete, escape
    case up, down, left, right, home, end
    case wordLeft, wordRight, deleteWordLeft, deleteWordRight
    /// Ctrl with a lower-case letter or one of `@[\]^_`.
    case control(Character)
    case alt(Character)
}
