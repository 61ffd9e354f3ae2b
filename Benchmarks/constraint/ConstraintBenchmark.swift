import Foundation
import TuttiCheckpoints
import TuttiGeneration
import TuttiTensors
import TuttiText

/// Times grammars over a model's vocabulary.
///
/// `ConstraintBenchmark MODEL.gguf` prints what the mask of a schema of 100 properties costs, the first one and the others.
/// `ConstraintBenchmark MODEL.gguf DIR OUT` goes through the folder of a mask benchmark, for `maskbench.py`, which runs
/// another implementation beside it: a line of JSON for each schema, and the vocabulary's tokens.
@main
struct ConstraintBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 2 || arguments.count == 4 else {
            FileHandle.standardError.write(Data("usage: ConstraintBenchmark MODEL.gguf [DIR OUT]\n".utf8))
            exit(2)
        }
        let tokenizer = try Tokenizer(GGUFFile(path: arguments[1]).metadata)
        if arguments.count == 2 {
            try SchemaTiming(tokenizer).run()
        } else {
            try MaskFolder(tokenizer, arguments[2], arguments[3]).run()
        }
    }
}

/// Microseconds of processor time that some work takes on this thread: what else the machine does is no part of it.
func microseconds<T>(_ work: () throws -> T) rethrows -> (Double, T) {
    let start = threadNanoseconds()
    let result = try work()
    return (Double(threadNanoseconds() - start) / 1000, result)
}

private func threadNanoseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
}
