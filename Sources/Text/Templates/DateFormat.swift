import Foundation

/// `strftime` in the C locale, as Python has it on the systems that templates are written on.
enum DateFormat {
    static func text(_ format: String, _ date: DateComponents) -> String {
        var result = ""
        var scalars = Substring(format).unicodeScalars
        while let scalar = scalars.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var flag: Unicode.Scalar?
            if let next = scalars.first, "-_0^#".unicodeScalars.contains(next) {
                flag = next
                scalars.removeFirst()
            }
            guard let directive = scalars.popFirst() else {
                result += "%" + (flag.map { String($0) } ?? "")
                break
            }
            guard let text = field(directive, flag, date) else {
                result += "%" + (flag.map { String($0) } ?? "") + String(directive)
                continue
            }
            result += flag == "^" ? text.uppercased() : text
        }
        return result
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    private static func field(_ directive: Unicode.Scalar, _ flag: Unicode.Scalar?, _ date: DateComponents) -> String? {
        let year = date.year ?? 1970, month = date.month ?? 1, day = date.day ?? 1
        let hour = date.hour ?? 0, minute = date.minute ?? 0, second = date.second ?? 0
        let weekday = dayOfWeek(year, month, day), dayOfYear = dayOfYear(year, month, day)
        let hour12 = hour % 12 == 0 ? 12 : hour % 12
        func number(_ value: Int, _ width: Int, _ pad: Character = "0") -> String {
            let digits = String(value)
            let pad = flag == "_" ? " " : flag == "0" ? "0" : pad
            return flag == "-" ? digits : String(repeating: pad, count: max(width - digits.count, 0)) + digits
        }
        func all(_ format: String) -> String { text(format, date) }
        switch directive {
        case "Y": return String(year)
        case "y": return number(((year % 100) + 100) % 100, 2)
        case "C": return number(year / 100, 2)
        case "m": return number(month, 2)
        case "d": return number(day, 2)
        case "e": return number(day, 2, " ")
        case "H": return number(hour, 2)
        case "k": return number(hour, 2, " ")
        case "I": return number(hour12, 2)
        case "l": return number(hour12, 2, " ")
        case "M": return number(minute, 2)
        case "S": return number(second, 2)
        case "f": return number((date.nanosecond ?? 0) / 1000, 6)
        case "j": return number(dayOfYear, 3)
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "B": return months[(month - 1) % 12]
        case "b", "h": return String(months[(month - 1) % 12].prefix(3))
        case "A": return days[weekday]
        case "a": return String(days[weekday].prefix(3))
        case "w": return String(weekday)
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "U": return number((dayOfYear + 6 - weekday) / 7, 2)
        case "W": return number((dayOfYear + 6 - (weekday + 6) % 7) / 7, 2)
        case "V": return number(isoWeek(year, weekday, dayOfYear).week, 2)
        case "G": return String(isoWeek(year, weekday, dayOfYear).year)
        case "g": return number(isoWeek(year, weekday, dayOfYear).year % 100, 2)
        case "D", "x": return all("%m/%d/%y")
        case "F": return all("%Y-%m-%d")
        case "T", "X": return all("%H:%M:%S")
        case "R": return all("%H:%M")
        case "r": return all("%I:%M:%S %p")
        case "c": return all("%a %b %e %H:%M:%S %Y")
        case "n": return "\n"
        case "t": return "\t"
        case "z", "Z": return ""  // the clock of templates has no zone
        case "%": return "%"
        default: return nil
        }
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func dayOfYear(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        return before[min(max(month - 1, 0), 11)] + day + (month > 2 && isLeap(year) ? 1 : 0)
    }

    /// 0 is Sunday.
    private static func dayOfWeek(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let last = year - 1
        let days = last * 365 + last / 4 - last / 100 + last / 400 + dayOfYear(year, month, day)
        return ((days % 7) + 7) % 7
    }

    private static func isoWeek(_ year: Int, _ weekday: Int, _ dayOfYear: Int) -> (year: Int, week: Int) {
        func weekCount(_ year: Int) -> Int {
            let last = dayOfWeek(year, 12, 31)
            return last == 4 || (last == 5 && isLeap(year)) ? 53 : 52
        }
        let week = (dayOfYear - (weekday == 0 ? 7 : weekday) + 10) / 7
        if week < 1 { return (year - 1, weekCount(year - 1)) }
        return week > weekCount(year) ? (year + 1, 1) : (year, week)
    }
}
