/// Sums of money.
enum Money {
    struct Currency {
        let one: String, many: String
        /// A hundredth of it; empty where none is in use.
        let cent: String, cents: String
    }

    private static let dollar = Currency(one: "dollar", many: "dollars", cent: "cent", cents: "cents")
    private static let euro = Currency(one: "euro", many: "euros", cent: "cent", cents: "cents")
    private static let pound = Currency(one: "pound", many: "pounds", cent: "penny", cents: "pence")
    private static let yen = Currency(one: "yen", many: "yen", cent: "", cents: "")

    private static func dollars(_ land: String) -> Currency {
        Currency(one: land + " dollar", many: land + " dollars", cent: "cent", cents: "cents")
    }

    private static let symbols: [(String, Currency)] = [
        ("US$", dollars("US")), ("A$", dollars("Australian")), ("AU$", dollars("Australian")),
        ("C$", dollars("Canadian")),
        ("CA$", dollars("Canadian")), ("NZ$", dollars("New Zealand")), ("HK$", dollars("Hong Kong")),
        ("S$", dollars("Singapore")), ("R$", Currency(one: "real", many: "reais", cent: "centavo", cents: "centavos")),
        ("$", dollar), ("€", euro), ("£", pound), ("¥", yen), ("￥", yen),
        ("₹", Currency(one: "rupee", many: "rupees", cent: "paisa", cents: "paise")),
        ("₩", Currency(one: "won", many: "won", cent: "", cents: "")),
        ("₽", Currency(one: "ruble", many: "rubles", cent: "kopeck", cents: "kopecks")),
        ("₿", Currency(one: "bitcoin", many: "bitcoin", cent: "", cents: "")),
        ("₪", Currency(one: "shekel", many: "shekels", cent: "agora", cents: "agorot")),
        ("₺", Currency(one: "lira", many: "lira", cent: "kurus", cents: "kurus")),
        ("₴", Currency(one: "hryvnia", many: "hryvnias", cent: "kopiyka", cents: "kopiykas")),
    ]
    private static let codes: [String: Currency] = [
        "USD": dollars("US"), "EUR": euro, "GBP": pound, "JPY": yen, "AUD": dollars("Australian"),
        "CAD": dollars("Canadian"), "NZD": dollars("New Zealand"), "HKD": dollars("Hong Kong"),
        "SGD": dollars("Singapore"),
        "CHF": Currency(one: "Swiss franc", many: "Swiss francs", cent: "centime", cents: "centimes"),
        "CNY": Currency(one: "yuan", many: "yuan", cent: "", cents: ""),
        "INR": Currency(one: "rupee", many: "rupees", cent: "paisa", cents: "paise"),
        "SEK": Currency(one: "Swedish krona", many: "Swedish kronor", cent: "", cents: ""),
        "NOK": Currency(one: "Norwegian krone", many: "Norwegian kroner", cent: "", cents: ""),
        "DKK": Currency(one: "Danish krone", many: "Danish kroner", cent: "", cents: ""),
        "PLN": Currency(one: "zloty", many: "zlotys", cent: "grosz", cents: "groszy"),
        "BTC": Currency(one: "bitcoin", many: "bitcoin", cent: "", cents: ""),
        "BRL": Currency(one: "real", many: "reais", cent: "centavo", cents: "centavos"),
        "MXN": Currency(one: "Mexican peso", many: "Mexican pesos", cent: "centavo", cents: "centavos"),
    ]

    /// The currency whose symbol a word begins with.
    static func prefix(_ text: Substring) -> (currency: Currency, rest: Substring)? {
        for (symbol, currency) in symbols where text.hasPrefix(symbol) {
            return (currency, text.dropFirst(symbol.count))
        }
        return nil
    }

    /// The currency that a symbol or code stands for.
    static func named(_ text: some StringProtocol) -> Currency? {
        let text = String(text)
        return symbols.first { $0.0 == text }?.1 ?? codes[text]
    }

    /// "three dollars and fifty cents".
    /// - Parameter scale: A word such as "million" after the number.
    static func words(_ numeral: Numeral, _ currency: Currency, scale: String? = nil) -> String {
        let sign = numeral.sign.isEmpty ? "" : numeral.sign + " "
        if let scale { return sign + numeral.magnitude + " " + scale + " " + currency.many }
        guard let fraction = numeral.fraction, fraction.count == 2, !currency.cent.isEmpty, numeral.exponent == nil
        else {
            return sign + numeral.magnitude + " " + (numeral.isOne ? currency.one : currency.many)
        }
        let isWhole = fraction == "00", isSmall = numeral.whole.allSatisfy { $0 == "0" }
        let cents = Spelling.cardinal(fraction) + " " + (fraction == "01" ? currency.cent : currency.cents)
        if isSmall, !isWhole { return sign + cents }
        let whole = Spelling.cardinal(numeral.whole) + " " + (Int(numeral.whole) == 1 ? currency.one : currency.many)
        return sign + whole + (isWhole ? "" : " and " + cents)
    }
}
