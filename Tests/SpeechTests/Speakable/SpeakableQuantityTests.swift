import Testing
import TuttiSpeech

@Suite struct SpeakableQuantityTests {
    @Test(arguments: [
        Saying("$3.50", "three dollars and fifty cents."), Saying("$1", "one dollar."), Saying("$1.00", "one dollar."),
        Saying("$0.99", "ninety nine cents."), Saying("$1.01", "one dollar and one cent."),
        Saying("€1,200", "one thousand two hundred euros."), Saying("£5m", "five million pounds."),
        Saying("£1.50", "one pound and fifty pence."), Saying("12 USD", "twelve US dollars."),
        Saying("USD 12", "twelve US dollars."), Saying("¥500", "five hundred yen."), Saying("5 €", "five euros."),
        Saying("20€", "twenty euros."), Saying("$2.5 million", "two point five million dollars."),
        Saying("$20k", "twenty thousand dollars."), Saying("-$5", "minus five dollars."),
        Saying("$5-10", "five to ten dollars."), Saying("$5–$10", "five to ten dollars."),
        Saying("$5/month", "five dollars per month."), Saying("$1.2bn", "one point two billion dollars."),
        Saying("US$5", "five US dollars."), Saying("₹100", "one hundred rupees."), Saying("50¢", "fifty cents."),
        Saying("3 million USD", "three million US dollars."), Saying("$100+", "one hundred dollars plus."),
    ])
    func money(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("2024-03-05", "March fifth twenty twenty four."), Saying("3/5/2024", "March fifth twenty twenty four."),
        Saying("13/5/2024", "May thirteenth twenty twenty four."),
        Saying("05.03.2024", "March fifth twenty twenty four."),
        Saying("March 5th 2024", "March fifth twenty twenty four."),
        Saying("on March 5, 2024, we met", "on March fifth twenty twenty four, we met."),
        Saying("5 Mar", "the fifth of March."), Saying("Mar. 5", "March fifth."),
        Saying("the 5th of May", "the fifth of May."),
        Saying("5 March 2024", "the fifth of March twenty twenty four."),
        Saying("in May 2021", "in May twenty twenty one."),
        Saying("June 5–7", "June fifth to seventh."), Saying("Dec 24", "December twenty fourth."),
        Saying("Mon 5 Mar", "Monday the fifth of March."), Saying("at 3:30 p.m. EST", "at three thirty PM EST."),
        Saying("on Tue, Mar. 5", "on Tuesday, March fifth."),
        Saying("c. 1850 in", "circa eighteen fifty in."), Saying("Q3 2024", "Q three twenty twenty four."),
        Saying("It may rain.", "It may rain."),
        Saying("14:30", "fourteen thirty."), Saying("3:05 pm", "three oh five PM."), Saying("9:00", "nine o'clock."),
        Saying("14:00", "fourteen hundred."), Saying("9:05", "nine oh five."), Saying("0:30", "zero thirty."),
        Saying("10am–5pm", "ten eigh M to five PM."), Saying("3pm", "three PM."),
        Saying("at 3 p.m. today", "at three PM today."),
        Saying("at 5 p.m. The end.", "at five PM. The end."), Saying("9:00 am EST", "nine eigh M EST."),
        Saying("14:00 UTC", "fourteen hundred UTC."), Saying("12:30:15", "twelve thirty and fifteen seconds."),
        Saying("10:00-11:30", "ten o'clock to eleven thirty."), Saying("16:9", "sixteen to nine."),
        Saying("2024-03-05T14:30:00Z", "March fifth twenty twenty four fourteen thirty UTC."),
    ])
    func datesAndTimes(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("5 km", "five kilometers."), Saying("1 km", "one kilometer."), Saying("5km", "five kilometers."),
        Saying("3 kg", "three kilograms."), Saying("20 °C", "twenty degrees Celsius."),
        Saying("72°F", "seventy two degrees Fahrenheit."),
        Saying("100 km/h", "one hundred kilometers per hour."), Saying("8 GB", "eight gigabytes."),
        Saying("5 m²", "five square meters."), Saying("2 m³", "two cubic meters."),
        Saying("50 mph", "fifty miles per hour."),
        Saying("5'11\"", "five foot eleven."), Saying("6′", "six feet."), Saying("3 m/s", "three meters per second."),
        Saying("10ms", "ten milliseconds."), Saying("1.5 L", "one point five liters."),
        Saying("60 fps", "sixty frames per second."),
        Saying("5 ft 11 in", "five feet eleven inches."), Saying("3 GB/s", "three gigabytes per second."),
        Saying("a 5-year plan", "a five year plan."), Saying("a 10 kg bag", "a ten kilograms bag."),
        Saying("2.4 GHz", "two point four gigahertz."), Saying("250 ml", "two hundred fifty milliliters."),
        Saying("90° turn", "ninety degrees turn."), Saying("5–10 km", "five to ten kilometers."),
        Saying("230 V", "two hundred thirty volts."), Saying("500 mg", "five hundred milligrams."),
        Saying("4K video", "four K video."),
        Saying("3×10^8 m/s", "three times ten to the power of eight meters per second."),
        Saying("at 450°F (230°C).", "at four hundred fifty degrees Fahrenheit, two hundred thirty degrees Celsius."),
        Saying("5 in the box", "five in the box."), Saying("-3.5 °C", "minus three point five degrees Celsius."),
    ])
    func units(saying: Saying) { #expect(spoken(saying.written) == saying.said) }
}
