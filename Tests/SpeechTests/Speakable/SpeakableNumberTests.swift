import Testing
import TuttiSpeech

@Suite struct SpeakableNumberTests {
    @Test(arguments: [
        Saying("0", "zero."), Saying("7 apples", "seven apples."), Saying("21", "twenty one."),
        Saying("100", "one hundred."), Saying("342", "three hundred forty two."),
        Saying("It has 1500 pages.", "It has one thousand five hundred pages."),
        Saying("1,000,000 people", "one million people."),
        Saying("12,345", "twelve thousand three hundred forty five."),
        Saying("2,500,000,000", "two billion five hundred million."), Saying("-5 is cold", "minus five is cold."),
        Saying("−5", "minus five."), Saying("+3", "plus three."), Saying("3.14", "three point one four."),
        Saying("0.05", "zero point zero five."), Saying(".5", "zero point five."),
        Saying("-0.5", "minus zero point five."),
        Saying("007", "zero zero seven."), Saying("1234567", "one two three four five six seven."),
        Saying("5000000", "five million."), Saying("PIN 4821", "PIN four eight two one."),
        Saying("6.02e23", "six point zero two times ten to the twenty three."),
        Saying("1e-9", "one times ten to the minus nine."), Saying("~50", "about fifty."),
        Saying("±2", "plus or minus two."),
        Saying(">100", "more than one hundred."), Saying("<5", "less than five."), Saying("≥18", "at least eighteen."),
        Saying("100+", "one hundred plus."), Saying("2x", "two times."), Saying("10x faster", "ten times faster."),
        Saying("3k", "three thousand."), Saying("8B parameters", "eight billion parameters."),
        Saying("1.5M users", "one point five million users."), Saying("3 million", "three million."),
    ])
    func counts(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("1st", "first."), Saying("2nd", "second."), Saying("3rd", "third."), Saying("4th", "fourth."),
        Saying("5th", "fifth."), Saying("8th", "eighth."), Saying("9th", "ninth."), Saying("12th", "twelfth."),
        Saying("20th", "twentieth."), Saying("21st", "twenty first."), Saying("100th", "one hundredth."),
        Saying("1,000th", "one thousandth."), Saying("the 19th century", "the nineteenth century."),
        Saying("19th-century art", "nineteenth century art."),
        Saying("1/2", "one half."), Saying("3/4 of it", "three quarters of it."), Saying("2/3", "two thirds."),
        Saying("1/3 cup", "one third cup."), Saying("5/8", "five eighths."), Saying("½", "one half."),
        Saying("1½ hours", "one and a half hours."), Saying("2 1/2 cups", "two and a half cups."),
        Saying("17/23", "seventeen over twenty three."), Saying("24/7", "twenty four seven."),
        Saying("5–10", "five to ten."), Saying("10-15%", "ten to fifteen percent."),
        Saying("pages 3–5", "pages three to five."), Saying("the 3rd–5th", "the third to fifth."),
        Saying("They won 3-1.", "They won three to one."), Saying("21–14", "twenty one to fourteen."),
        Saying("1920x1080", "one thousand nine hundred twenty by one thousand eighty."),
        Saying("3×4", "three times four."),
    ])
    func ordinalsFractionsAndRanges(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("50%", "fifty percent."), Saying("99.9%", "ninety nine point nine percent."),
        Saying("5 %", "five percent."),
        Saying("1%", "one percent."), Saying("+3%", "plus three percent."),
        Saying("#1", "number one."), Saying("issue #42", "issue number forty two."), Saying("No. 7", "number seven."),
        Saying("0x1F", "hex one F."), Saying("0b101", "binary one zero one."),
        Saying("#ff8800", "hash F F eight eight zero zero."), Saying("a1b2c3d4", "eigh one B two C three D four."),
        Saying("in 1999 it", "in nineteen ninety nine it."), Saying("in 2024.", "in twenty twenty four."),
        Saying("since 2005", "since two thousand five."), Saying("by 1900", "by nineteen hundred."),
        Saying("(1984)", "nineteen eighty four."), Saying("in 1066", "in ten sixty six."),
        Saying("from 1905 to 1910", "from nineteen oh five to nineteen ten."),
        Saying("1914–1918", "nineteen fourteen to nineteen eighteen."),
        Saying("2023-24", "twenty twenty three to twenty four."), Saying("the 1990s", "the nineteen nineties."),
        Saying("the '90s", "the nineties."), Saying("44 BC", "forty four BC."),
        Saying("of 2048 tokens", "of two thousand forty eight tokens."),
        Saying("Chapter IV", "Chapter four."), Saying("World War II", "World War two."),
        Saying("Henry VIII", "Henry the eighth."), Saying("Louis XIV was king", "Louis the fourteenth was king."),
        Saying("Elizabeth II", "Elizabeth the second."), Saying("Part II", "Part two."), Saying("I am", "I am."),
        Saying("555-123-4567", "five five five one two three four five six seven."),
        Saying("(555) 123-4567", "five five five one two three four five six seven."),
        Saying("555-1234", "five five five one two three four."),
        Saying("a Boeing 747-400", "a Boeing seven hundred forty seven four hundred."),
        Saying("ISBN 978-3-16-148410-0", "ISBN nine seven eight three one six one four eight four one zero zero."),
        Saying("HTTP 404", "HTTP four zero four."),
        Saying("call (555) 123-4567 now", "call five five five one two three four five six seven now."),
        Saying("+49 30 123456", "plus four nine three zero one two three four five six."),
        Saying("+1 555-123-4567", "plus one five five five one two three four five six seven."),
    ])
    func codesYearsAndNumbersOfThings(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("2+2=4", "two plus two equals four."), Saying("x = 5", "x equals five."),
        Saying("5 - 3 = 2", "five minus three equals two."), Saying("5-3=2", "five minus three equals two."),
        Saying("3 × 4", "three times four."), Saying("3 * 4", "three times four."),
        Saying("8 / 2", "eight divided by two."),
        Saying("8 ÷ 2", "eight divided by two."), Saying("10^6", "ten to the power of six."),
        Saying("x²", "X squared."),
        Saying("√2", "square root of two."), Saying("2π", "two pi."), Saying("a < b", "a less than b."),
        Saying("x >= 3", "x at least three."), Saying("≠", "is not."), Saying("A & B", "A and B."),
        Saying("A → B", "A to B."), Saying("$x^2 + y^2$", "x squared plus y squared."),
        Saying("\\(\\frac{a}{b}\\)", "a over b."), Saying("$$E = mc^2$$", "E equals mc squared."),
        Saying("$\\sqrt{2} \\approx 1.41$", "the square root of two is about one point four one."),
    ])
    func formulas(saying: Saying) { #expect(spoken(saying.written) == saying.said) }
}
