/// Numbers as JSON writes them, within bounds.
extension LanguageStore {
    // So long that no number of use is longer, and so short that every reader has a value for it.
    private static let mostDigits = 40
    /// Numbers with a point are read as doubles, which tell so many digits apart: more could round to what is left out.
    private static let exactDigits = 15

    private mutating func digit(_ low: UInt8, _ high: UInt8, then next: Language = .blank) -> Language {
        fork([Branch(low: 0x30 + low, high: 0x30 + high, next: next)])
    }

    private mutating func digits(_ minimum: Int, _ maximum: Int? = LanguageStore.mostDigits) -> Language {
        repetition(digit(0, 9), minimum, maximum)
    }

    private mutating func digits(_ list: ArraySlice<UInt8>) -> Language { literal(list.map { $0 + 0x30 }) }

    /// Digits without a leading zero.
    private mutating func wholes() -> Language {
        union([digit(0, 0), digit(1, 9, then: digits(0, Self.mostDigits - 1))])
    }

    private mutating func point(_ next: Language) -> Language { byte(UInt8(ascii: "."), then: next) }

    private mutating func minus(_ next: Language) -> Language { byte(UInt8(ascii: "-"), then: next) }

    private mutating func signed(_ language: Language) -> Language { union([language, minus(language)]) }

    private mutating func optional(_ language: Language) -> Language { union([.blank, language]) }

    /// Digits that are not all zeros.
    private mutating func someDigits() -> Language {
        concatenation([digits(0), digit(1, 9), digits(0)])
    }

    /// The numbers of a branch.
    /// - Throws: ``GrammarError`` for a multiple that is too long.
    mutating func numbers(_ branch: SchemaBranch) throws(GrammarError) -> Language {
        let types = branch.types.intersection(.number)
        if types.isEmpty { return .nothing }
        let excluded = branch.excluded.compactMap(DecimalNumber.init)
        let isFree = branch.lower == nil && branch.upper == nil && branch.multiples.isEmpty && excluded.isEmpty
        let whole = signed(wholes())
        if types == .integer, isFree { return whole }
        if types == .number, isFree {
            // Exponents of up to 267: with 40 digits before them that is still a number for everybody.
            let power = union([
                digits(1, 2), concatenation(digit(1, 1), digits(2, 2)),
                concatenation([digit(2, 2), digit(0, 5), digit(0, 9)]),
            ])
            let sign = union([.blank, literal("+".utf8), literal("-".utf8)])
            let mark = fork([
                Branch(low: 0x45, high: 0x45, next: .blank), Branch(low: 0x65, high: 0x65, next: .blank),
            ])
            let exponent = concatenation([mark, sign, power])
            return concatenation([whole, optional(point(digits(1))), optional(exponent)])
        }
        var conditions: [Language] = []
        switch types {
        case .integer: conditions.append(whole)
        case .fraction: conditions.append(concatenation(whole, point(someDigits())))
        default: conditions.append(concatenation(whole, optional(point(digits(1)))))
        }
        let isOnlyBounded = branch.multiples.isEmpty && excluded.isEmpty
        if !isOnlyBounded || branch.lower?.isExclusive == true || branch.upper?.isExclusive == true {
            let sign = Branch(low: 0x2E, high: 0x2E, next: .blank), digit = Branch(low: 0x30, high: 0x39, next: .blank)
            let short = repetition(fork([sign, digit]), 1, Self.exactDigits + 1)
            conditions.append(union([whole, signed(short)]))
        }
        if let lower = branch.lower { conditions.append(numbers(from: lower)) }
        if let upper = branch.upper { conditions.append(numbers(to: upper)) }
        for (number, isNegative) in branch.multiples {
            guard let (divisor, scale) = number.scaled, divisor > 0 else {
                throw GrammarError("a multiple of more than 17 digits cannot be compiled", keyword: "multipleOf")
            }
            let multiples = signed(
                multiple(
                    Multiple(
                        divisor: divisor, remainder: 0, decimals: Int32(scale), scale: Int32(scale), isFraction: false))
            )
            conditions.append(isNegative ? complement(multiples) : multiples)
        }
        for number in excluded { conditions.append(complement(forms(number))) }
        return intersection(conditions)
    }

    /// All ways of writing a number without an exponent.
    private mutating func forms(_ number: DecimalNumber) -> Language {
        let zeros = repetition(digit(0, 0), 0, nil)
        let whole = digits(number.whole[...])
        let form =
            number.fraction.isEmpty
            ? concatenation(whole, optional(point(concatenation(digit(0, 0), zeros))))
            : concatenation(whole, point(concatenation(digits(number.fraction[...]), zeros)))
        return number.isZero ? signed(form) : number.isNegative ? minus(form) : form
    }

    private mutating func anyMagnitude() -> Language { concatenation(wholes(), optional(point(digits(1)))) }

    private mutating func numbers(from bound: SchemaBranch.Bound) -> Language {
        let value = bound.value
        if value.isNegative {
            return union([anyMagnitude(), minus(magnitudes(upTo: value, bound.isExclusive))])
        }
        let from = magnitudes(from: value, bound.isExclusive)
        // Minus nothing is nothing.
        return value.isZero && !bound.isExclusive
            ? union([from, minus(magnitudes(upTo: value, false))]) : from
    }

    private mutating func numbers(to bound: SchemaBranch.Bound) -> Language {
        let value = bound.value
        if value.isNegative { return minus(magnitudes(from: value, bound.isExclusive)) }
        let negative = value.isZero && bound.isExclusive ? magnitudes(from: value, true) : anyMagnitude()
        return union([magnitudes(upTo: value, bound.isExclusive), minus(negative)])
    }

    /// Numbers without a sign that are at least, or more than, the magnitude of `value`.
    private mutating func magnitudes(from value: DecimalNumber, _ isExclusive: Bool) -> Language {
        let whole = value.whole, count = whole.count, anyFraction = optional(point(digits(1)))
        var larger = [concatenation(digit(1, 9), digits(count, max(count, Self.mostDigits)))]
        for place in 0..<count where whole[place] < 9 {
            larger.append(
                concatenation([
                    digits(whole[..<place]), digit(whole[place] + 1, 9), digits(count - place - 1, count - place - 1),
                ]))
        }
        var fractions: [Language] = []
        let fraction = value.fraction
        if fraction.isEmpty {
            fractions = [isExclusive ? point(someDigits()) : anyFraction]
        } else {
            for place in fraction.indices where fraction[place] < 9 {
                fractions.append(
                    point(
                        concatenation([
                            digits(fraction[..<place]), digit(fraction[place] + 1, 9), digits(0),
                        ])))
            }
            let rest = isExclusive ? someDigits() : digits(0)
            fractions.append(point(concatenation(digits(fraction[...]), rest)))
        }
        return union([
            concatenation(union(larger), anyFraction), concatenation(digits(whole[...]), union(fractions)),
        ])
    }

    /// Numbers without a sign that are at most, or less than, the magnitude of `value`.
    private mutating func magnitudes(upTo value: DecimalNumber, _ isExclusive: Bool) -> Language {
        let whole = value.whole, count = whole.count, anyFraction = optional(point(digits(1)))
        var smaller: [Language] = []
        if count > 1 {
            smaller.append(digit(0, 0))
            smaller.append(digit(1, 9, then: digits(0, count - 2)))
        }
        for place in 0..<count {
            let least: UInt8 = place == 0 && count > 1 ? 1 : 0
            guard whole[place] > least else { continue }
            smaller.append(
                concatenation([
                    digits(whole[..<place]), digit(least, whole[place] - 1),
                    digits(count - place - 1, count - place - 1),
                ]))
        }
        var fractions: [Language] = []
        let fraction = value.fraction, zeros = repetition(digit(0, 0), 0, nil)
        if fraction.isEmpty {
            if !isExclusive { fractions = [.blank, point(concatenation(digit(0, 0), zeros))] }
        } else {
            fractions.append(.blank)
            for place in fraction.indices {
                if fraction[place] > 0 {
                    fractions.append(
                        point(
                            concatenation([
                                digits(fraction[..<place]), digit(0, fraction[place] - 1), digits(0),
                            ])))
                }
                if place > 0 { fractions.append(point(digits(fraction[..<place]))) }
            }
            if !isExclusive { fractions.append(point(concatenation(digits(fraction[...]), zeros))) }
        }
        return union([
            concatenation(union(smaller), anyFraction), concatenation(digits(whole[...]), union(fractions)),
        ])
    }
}
