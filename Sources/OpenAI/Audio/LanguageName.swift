import Foundation

/// What languages are called.
public enum LanguageName {
    /// The English name, in small letters as OpenAI tells it (`english`); the code itself where it has none.
    public static func english(_ code: String) -> String {
        Locale(identifier: "en_US").localizedString(forLanguageCode: code)?.lowercased() ?? code
    }
}
