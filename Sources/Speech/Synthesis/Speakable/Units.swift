/// Units of measure, from their symbols.
enum Units {
    /// Said before a number's unit: "kilometers per hour" for "km/h", singular for one.
    /// - Parameter isSpaced: A space stands between number and symbol, so symbols that are also words do not count.
    static func words(_ symbol: some StringProtocol, isOne: Bool, isSpaced: Bool = false) -> String? {
        var symbol = String(symbol)
        if isSpaced, ambiguous.contains(symbol) { return nil }
        if let fixed = fixed[symbol] { return fixed }
        if let slash = symbol.firstIndex(of: "/"), slash != symbol.startIndex {
            guard let over = words(symbol[..<slash], isOne: isOne) else { return nil }
            let below = String(symbol[symbol.index(after: slash)...])
            guard let under = per[below] ?? words(below, isOne: true) else { return nil }
            return over + " per " + under
        }
        var power = ""
        for (sign, name) in [("²", "square "), ("³", "cubic "), ("^2", "square "), ("^3", "cubic ")]
        where symbol.hasSuffix(sign) {
            power = name
            symbol.removeLast(sign.count)
        }
        guard let unit = names[symbol] else { return nil }
        if !power.isEmpty, !lengths.contains(symbol) { return nil }
        return power + (isOne ? unit.one : unit.many)
    }

    private static let ambiguous: Set<String> = [
        "in", "a", "A", "as", "F", "C", "at", "t", "b", "B", "M", "K", "m/s/s",
    ]

    private static let fixed = [
        "%": "percent", "‰": "per mille", "°C": "degrees Celsius", "℃": "degrees Celsius", "°F": "degrees Fahrenheit",
        "℉": "degrees Fahrenheit", "°": "degrees", "º": "degrees", "ºC": "degrees Celsius", "ºF": "degrees Fahrenheit",
        "°K": "kelvin", "mph": "miles per hour", "kph": "kilometers per hour", "km/h": "kilometers per hour",
        "rpm": "revolutions per minute", "fps": "frames per second", "bpm": "beats per minute",
        "Mbps": "megabits per second", "Gbps": "gigabits per second", "kbps": "kilobits per second",
        "mpg": "miles per gallon", "tok/s": "tokens per second", "ppm": "parts per million", "dB": "decibels",
        "dBA": "decibels", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz",
        "THz": "terahertz",
        "dpi": "dots per inch", "psi": "pounds per square inch", "px": "pixels", "pp": "percentage points",
    ]
    private static let per = [
        "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "d": "day", "day": "day",
        "wk": "week",
        "week": "week", "mo": "month", "month": "month", "yr": "year", "year": "year", "person": "person",
        "user": "user",
        "hour": "hour", "minute": "minute", "second": "second", "night": "night", "token": "token",
    ]
    private static let lengths: Set<String> = ["mm", "cm", "dm", "m", "km", "in", "ft", "yd", "mi", "nm", "µm"]

    private static let names: [String: (one: String, many: String)] = {
        var names: [String: (one: String, many: String)] = [
            "ft": ("foot", "feet"), "in": ("inch", "inches"), "°": ("degree", "degrees"), "lx": ("lux", "lux"),
        ]
        let regular = [
            "mm": "millimeter", "cm": "centimeter", "dm": "decimeter", "m": "meter", "km": "kilometer",
            "nm": "nanometer",
            "µm": "micrometer", "μm": "micrometer", "mi": "mile", "yd": "yard", "nmi": "nautical mile",
            "mg": "milligram",
            "g": "gram", "kg": "kilogram", "µg": "microgram", "μg": "microgram", "t": "ton", "lb": "pound",
            "lbs": "pound",
            "oz": "ounce", "ml": "milliliter", "mL": "milliliter", "cl": "centiliter", "dl": "deciliter", "l": "liter",
            "L": "liter", "gal": "gallon", "qt": "quart", "tbsp": "tablespoon", "tsp": "teaspoon", "ms": "millisecond",
            "µs": "microsecond", "μs": "microsecond", "us": "microsecond", "ns": "nanosecond", "s": "second",
            "sec": "second",
            "secs": "second", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day",
            "wk": "week", "yr": "year", "yrs": "year", "B": "byte", "KB": "kilobyte", "kB": "kilobyte",
            "MB": "megabyte",
            "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte",
            "GiB": "gibibyte",
            "TiB": "tebibyte", "kbit": "kilobit", "Mbit": "megabit", "Gbit": "gigabit", "W": "watt", "kW": "kilowatt",
            "MW": "megawatt", "GW": "gigawatt", "kWh": "kilowatt hour", "MWh": "megawatt hour", "Wh": "watt hour",
            "mAh": "milliamp hour", "V": "volt", "mV": "millivolt", "kV": "kilovolt", "mA": "milliamp", "J": "joule",
            "kJ": "kilojoule", "cal": "calorie", "kcal": "kilocalorie", "N": "newton", "Pa": "pascal",
            "kPa": "kilopascal",
            "hPa": "hectopascal", "bar": "bar", "ha": "hectare", "Ω": "ohm", "MP": "megapixel", "lm": "lumen",
            "mol": "mole", "K": "kelvin", "A": "amp", "C": "Celsius", "F": "Fahrenheit", "eV": "electron volt",
        ]
        for (symbol, name) in regular {
            let isFixed = ["K", "C", "F"].contains(symbol)
            names[symbol] = (isFixed ? "degrees " + name : name, isFixed ? "degrees " + name : Spelling.plural(name))
        }
        names["K"] = ("kelvin", "kelvin")
        return names
    }()
}
