import Logging
import Synchronization
import Testing
import TuttiCheckpoints
import TuttiServer

@Suite struct LineLogTests {
    private func line(_ format: LogFormat, _ work: (inout Logger) -> Void) -> String {
        let sink = Sink()
        var logger = Logger(label: "test") { _ in LineLog(format, level: .info) { sink.append($0) } }
        work(&logger)
        return sink.text.withLock { $0 }
    }

    private final class Sink: Sendable {
        let text = Mutex("")

        func append(_ line: String) { text.withLock { $0 += line } }
    }

    @Test func logfmtQuotesWhatIsNotAWord() {
        let text = line(.logfmt) { logger in
            logger[metadataKey: "request"] = "req_1"
            logger.info("it is done", metadata: ["a": "b c", "d": "e\"\n", "n": "5", "empty": ""])
            logger.debug("not this")
        }
        #expect(text.hasPrefix("time="))
        #expect(text.hasSuffix(#"level=info msg="it is done" a="b c" d="e\"\n" empty="" n=5 request=req_1"# + "\n"))
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test func jsonIsOneObjectALine() throws {
        let text = line(.json) { $0.warning("odd", metadata: ["k": "v\n"]) }
        #expect(text.split(separator: "\n").count == 1)
        let object = try JSON(parsing: text)
        #expect(object["level"] == "warning" && object["msg"] == "odd" && object["k"] == "v\n")
    }
}
