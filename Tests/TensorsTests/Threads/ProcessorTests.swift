import CKernels
import Testing
import TuttiTensors

struct ProcessorTests {
    @Test func namesComeFromTheListingOfTheSystem() {
        let server =
            "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9R14\n\nprocessor\t: 1\nmodel name\t: B\n"
        #expect(Processor.name(fromListing: server) == "AMD EPYC 9R14")
        let board = "processor\t: 0\nFeatures\t: fp asimd asimddp\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"
        #expect(Processor.name(fromListing: board) == "arm64, maker 0x41, part 0xd0c")
        #expect(Processor.name(fromListing: "processor\t: 0\nmodel name\t:\n") == nil)
    }

    @Test func everyKindOfKernelsHasANameOfItsOwn() {
        let names = (TUTTI_PORTABLE.rawValue...TUTTI_WIDEST.rawValue).map {
            String(cString: tutti_isa_name(tutti_isa(rawValue: $0)))
        }
        #expect(names == ["portable", "avx2", "avxvnni", "avx512", "avx512bf16", "neon", "dotprod", "i8mm"])
        #expect(names.contains(Processor.kernels))
    }
}
