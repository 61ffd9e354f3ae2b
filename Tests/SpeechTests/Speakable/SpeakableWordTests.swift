import Testing
import TuttiSpeech

@Suite struct SpeakableWordTests {
    @Test(arguments: [
        Saying("Dr. Smith met Mr. Jones.", "Doctor Smith met Mister Jones."), Saying("Mrs. Lee", "Missus Lee."),
        Saying("e.g. this", "for example this."), Saying("i.e. that", "that is that."),
        Saying("cats, dogs, etc. are", "cats, dogs, et cetera are."),
        Saying("Cats etc. Dogs bark.", "Cats et cetera. Dogs bark."),
        Saying("us vs. them", "us versus them."), Saying("St. Mary", "Saint Mary."),
        Saying("on Main St. near it", "on Main Street near it."),
        Saying("approx. 5", "approximately five."), Saying("Apple Inc. said", "Apple Incorporated said."),
        Saying("Prof. Plum", "Professor Plum."), Saying("John Jr. came", "John Junior came."),
        Saying("J. R. R. Tolkien wrote it.", "J R R Tolkien wrote it."), Saying("Fig. 2 shows", "Figure two shows."),
        Saying("vol. 3, pp. 5–9", "volume three, pages five to nine."),
        Saying("He said no. Then he left.", "He said no. Then he left."),
        Saying("the U.S. Army", "the US Army."), Saying("in the U.S. The law", "in the US. The law."),
        Saying("a Ph.D. thesis", "a PhD thesis."), Saying("10 a.m. sharp", "ten eigh M sharp."),
    ])
    func abbreviations(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("NASA", "NASA."), Saying("HTTP", "HTTP."), Saying("U.S.A.", "USA."), Saying("AWS", "eigh W S."),
        Saying("APIs", "API's."),
        Saying("MP3", "MP three."), Saying("H2O", "H two O."), Saying("COVID-19", "COVID nineteen."),
        Saying("A4", "eigh four."),
        Saying("GPT-4o", "GPT four O."), Saying("B2B", "B two B."), Saying("C++", "C plus plus."),
        Saying("C#", "C sharp."),
        Saying("R&D", "R and D."), Saying("and/or", "and or."), Saying("w/o", "without."),
        Saying("well-known", "well-known."),
        Saying("don’t", "don't."), Saying("the dog's", "the dog's."), Saying("café", "café."),
        Saying("get_user_name", "get user name."),
        Saying("foo()", "foo."), Saying("@user", "at user."), Saying("#tag", "hashtag tag."),
        Saying("Array<Int>", "Array Int."),
        Saying("rock 'n' roll", "rock n roll."), Saying("\"quoted\" words", "quoted words."),
        Saying("naïve {x}", "naïve x."), Saying("The word 你好 (nǐ hǎo) is kind.", "The word, nǐ hǎo, is kind."),
        Saying("ﬁne 𝐱", "fine x."),
    ])
    func acronymsAndMixedWords(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("https://www.example.com/a/b?x=1", "example dot com slash eigh slash B."),
        Saying("See example.com.", "See example dot com."),
        Saying("http://localhost:3000/", "localhost port three zero zero zero."),
        Saying("Go to www.wikipedia.org, please.", "Go to wikipedia dot org, please."),
        Saying("https://github.com/apple/swift-nio", "github dot com slash apple slash swift dash nio."),
        Saying("https://a.io/x/4f3c2b1a99", "eigh dot io slash X."),
        Saying("me@example.org", "me at example dot org."),
        Saying("jane.doe@mail.co.uk", "jane dot doe at mail dot co dot uk."),
        Saying("192.168.0.1", "one nine two dot one six eight dot zero dot one."),
        Saying("10.0.0.0/8", "one zero dot zero dot zero dot zero slash eight."),
        Saying("127.0.0.1:8080", "one two seven dot zero dot zero dot one port eight zero eight zero."),
        Saying("::1", "colon colon one."), Saying("v1.2.3", "version one point two point three."),
        Saying("1.2.3", "one point two point three."),
        Saying("v2", "version two."), Saying("version v2.0", "version two point zero."),
        Saying("Python 3.11", "Python three point eleven."),
        Saying("Swift 6.1", "Swift six point one."), Saying("Ubuntu 22.04", "Ubuntu twenty two point zero four."),
        Saying("/usr/local/bin", "slash usr slash local slash bin."),
        Saying("src/main.swift", "src slash main dot swift."),
        Saying("~/notes.txt", "tilde slash notes dot txt."),
        Saying("C:\\Users\\me", "C colon backslash Users backslash me."),
        Saying("/etc/hosts", "slash etsy slash hosts."),
        Saying(
            "BASE_URL=http://127.0.0.1:80/v1",
            "BASE U R L equals one two seven dot zero dot zero dot one port eight zero slash V one."),
        Saying("PATH=/usr/bin", "PATH equals slash usr slash bin."), Saying("config.json", "config dot json."),
        Saying("--help", "dash dash help."),
        Saying("use -v here", "use dash v here."),
    ])
    func addresses(saying: Saying) { #expect(spoken(saying.written) == saying.said) }
}
