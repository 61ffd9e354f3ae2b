import Foundation
import Testing
import TuttiSpeech

/// How a program is treated that is not well: scripts stand for it.
@Suite(.serialized) struct EspeakProcessTests {
    /// A folder with a script that plays espeak-ng, and what it needs to remember.
    private final class Actor {
        let folder: URL
        var program: String { folder.appending(path: "espeak-ng").path }

        init(_ script: String) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "tutti-espeak-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let text = "#!/bin/sh\ncd '\(folder.path)'\necho $$ >> starts\n" + script
            _ = FileManager.default.createFile(
                atPath: program, contents: Data(text.utf8), attributes: [.posixPermissions: 0o755])
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        /// The pipes that its processes were started with.
        var pipes: Set<String> {
            let text = (try? String(contentsOf: folder.appending(path: "pipes"), encoding: .utf8)) ?? ""
            return Set(text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("pipe:") })
        }

        var starts: [Int32] {
            let text = (try? String(contentsOf: folder.appending(path: "starts"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { Int32($0) }
        }
    }

    /// Where starts are counted, a machine that is busy for seconds must not add one.
    private static let patience = Duration.seconds(60)

    private static let echo = "while read -r line; do echo \"<$line>\"; done\n"

    @Test func aMissingProgramSaysWhatToInstall() async {
        #expect(EspeakError.missing.description.contains("apt-get install espeak-ng"))
        await #expect(throws: EspeakError.self) {
            try await Espeak(program: "/nowhere/espeak-ng").phonemes(of: "hi", voice: "en-us")
        }
    }

    @Test func oneProcessServesAll() async throws {
        let actor = try Actor(Self.echo), espeak = Espeak(program: actor.program, timeout: Self.patience)
        for word in ["one", "two", "three"] { #expect(try await espeak.phonemes(of: word, voice: "en") == "<\(word)>") }
        _ = try await espeak.phonemes(of: "one", voice: "de")
        #expect(actor.starts.count == 2)
    }

    @Test func oneThatDiesIsStartedAgain() async throws {
        let actor = try Actor(
            """
            while read -r line; do
                if [ "$line" = die ] && [ ! -e died ]; then touch died; exit 1; fi
                echo "<$line>"
            done

            """)
        let espeak = Espeak(program: actor.program, timeout: Self.patience)
        #expect(try await espeak.phonemes(of: "one", voice: "en") == "<one>")
        #expect(try await espeak.phonemes(of: "die", voice: "en") == "<die>")
        #expect(try await espeak.phonemes(of: "two", voice: "en") == "<two>")
        #expect(actor.starts.count == 2)
    }

    @Test func oneThatIsKilledBetweenClausesIsStartedAgain() async throws {
        let actor = try Actor(Self.echo), espeak = Espeak(program: actor.program, timeout: Self.patience)
        #expect(try await espeak.phonemes(of: "one", voice: "en") == "<one>")
        kill(try #require(actor.starts.first), SIGKILL)
        #expect(try await espeak.phonemes(of: "two", voice: "en") == "<two>")
        #expect(actor.starts.count == 2)
    }

    @Test func oneThatAlwaysDiesIsReported() async throws {
        let actor = try Actor(
            "while read -r line; do if [ \"$line\" = die ]; then echo 'out of memory' >&2; exit 3; fi; echo \"<$line>\"; done\n"
        )
        let espeak = Espeak(program: actor.program, timeout: Self.patience)
        let error = await #expect(throws: EspeakError.self) { try await espeak.phonemes(of: "die", voice: "en") }
        #expect(error?.description.contains("out of memory") == true)
        #expect(actor.starts.count == 2)
        // The next clause has a new chance.
        #expect(try await espeak.phonemes(of: "one", voice: "en") == "<one>")
    }

    @Test func oneThatHangsIsStartedAgain() async throws {
        let actor = try Actor(
            """
            while read -r line; do
                if [ "$line" = hang ] && [ ! -e hung ]; then touch hung; exec sleep 1000; fi
                echo "<$line>"
            done

            """)
        let espeak = Espeak(program: actor.program, timeout: .milliseconds(500))
        #expect(try await espeak.phonemes(of: "hang", voice: "en") == "<hang>")
        let first = try #require(actor.starts.first)
        // Gone, and no zombie either.
        #expect(kill(first, 0) == -1)
    }

    @Test func oneThatNeverAnswersIsReported() async throws {
        let actor = try Actor("exec sleep 1000\n")
        let espeak = Espeak(program: actor.program, timeout: .milliseconds(200))
        let error = await #expect(throws: EspeakError.self) { try await espeak.phonemes(of: "hi", voice: "en") }
        #expect(error?.description.contains("no answer") == true)
        for started in actor.starts { #expect(kill(started, 0) == -1) }
    }

    @Test func oneThatFloodsIsStopped() async throws {
        let actor = try Actor("exec cat /dev/zero\n")
        await #expect(throws: EspeakError.self) {
            try await Espeak(program: actor.program, timeout: .milliseconds(500)).phonemes(of: "hi", voice: "en")
        }
    }

    /// Processes end with their owner, and the pipes to them are closed. Other tests open descriptors at the same time: a
    /// process says which pipes are its own, and these are looked for.
    @Test func nothingIsLeftBehind() async throws {
        let actor = try Actor(
            "for end in 0 1 2; do readlink /proc/$$/fd/$end >> pipes 2>/dev/null; done\n" + Self.echo)
        for round in 0..<12 {
            do {
                let espeak = Espeak(program: actor.program, timeout: Self.patience)
                #expect(try await espeak.phonemes(of: "one", voice: "en") == "<one>")
                #expect(try await espeak.phonemes(of: "one", voice: "de") == "<one>")
                #if os(Linux)
                    #expect(!Self.openFiles().isDisjoint(with: actor.pipes), "no pipe is seen while they run")
                #endif
            }
            try await Self.wait {
                actor.starts.count == 2 * (round + 1) && actor.starts.allSatisfy { kill($0, 0) == -1 }
                    && Self.openFiles().isDisjoint(with: actor.pipes)
            }
            #expect(actor.starts.allSatisfy { kill($0, 0) == -1 })
            #expect(Self.openFiles().isDisjoint(with: actor.pipes))
        }
    }

    /// Waits for something that another thread is about to do.
    private static func wait(for isDone: () -> Bool) async throws {
        for _ in 0..<500 where !isDone() { try await Task.sleep(for: .milliseconds(10)) }
    }

    /// What this process holds open, such as `pipe:[123]`.
    private static func openFiles() -> Set<String> {
        let folder = "/proc/self/fd", files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        return Set(names.compactMap { try? files.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") })
    }
}
