// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with: Swift 6 and its upcoming rules, and unsafe code that says so.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatWarning("StrictMemorySafety", as: .error),
]

/// Tests call C and walk raw memory freely; they keep the other rules.
let testing: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

let package = Package(
    name: "tutti",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Tutti", targets: ["Tutti"]),
        .executable(name: "tutti", targets: ["TuttiCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "CommandLineArguments"]),
    ],
    targets: [
        .target(
            name: "CKernels",
            path: "Sources/CKernels",
            cSettings: [.define("NDEBUG", .when(configuration: .release))]
        ),
        .target(
            name: "TuttiTensors",
            dependencies: ["CKernels"],
            path: "Sources/Tensors",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiCheckpoints",
            dependencies: [
                "TuttiTensors", "CKernels",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Checkpoints",
            resources: [.embedInCode("Resources/catalog.json")],
            swiftSettings: strict
        ),
        .target(
            name: "TuttiText",
            dependencies: [
                "TuttiCheckpoints", .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Text",
            swiftSettings: strict
        ),
        .systemLibrary(
            name: "CSndfile", path: "Sources/CSndfile", pkgConfig: "sndfile",
            providers: [.apt(["libsndfile1-dev"]), .brew(["libsndfile"])]),
        .systemLibrary(
            name: "CSoxr", path: "Sources/CSoxr", pkgConfig: "soxr",
            providers: [.apt(["libsoxr-dev"]), .brew(["libsoxr"])]),
        .target(name: "TuttiAudio", dependencies: ["CSndfile", "CSoxr"], path: "Sources/Audio", swiftSettings: strict),
        .systemLibrary(
            name: "CTurboJPEG", path: "Sources/CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
        .systemLibrary(
            name: "CSpng", path: "Sources/CSpng", pkgConfig: "spng",
            providers: [.apt(["libspng-dev"]), .brew(["libspng"])]),
        .systemLibrary(
            name: "CWebP", path: "Sources/CWebP", pkgConfig: "libwebpdemux",
            providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
        .systemLibrary(
            name: "CGif", path: "Sources/CGif",
            providers: [.apt(["libgif-dev"]), .brew(["giflib"])]),
        .systemLibrary(
            name: "CTiff", path: "Sources/CTiff", pkgConfig: "libtiff-4",
            providers: [.apt(["libtiff-dev"]), .brew(["libtiff"])]),
        .systemLibrary(
            name: "CLcms", path: "Sources/CLcms", pkgConfig: "lcms2",
            providers: [.apt(["liblcms2-dev"]), .brew(["little-cms2"])]),
        .target(
            name: "TuttiImages",
            dependencies: ["CTurboJPEG", "CSpng", "CWebP", "CGif", "CTiff", "CLcms"],
            path: "Sources/Images",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiModels",
            dependencies: ["TuttiTensors", "TuttiCheckpoints", "TuttiAudio", "TuttiImages"],
            path: "Sources/Models",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiGeneration",
            dependencies: [
                "TuttiTensors", "TuttiCheckpoints", "TuttiModels", "TuttiText",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Generation",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiSpeech",
            dependencies: [
                "TuttiTensors", "TuttiCheckpoints", "TuttiText", "TuttiAudio", "TuttiModels",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Speech",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiVision",
            dependencies: ["TuttiTensors", "TuttiCheckpoints", "TuttiText", "TuttiImages", "TuttiModels"],
            path: "Sources/Vision",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiDialogue",
            dependencies: [
                "TuttiCheckpoints", "TuttiText", "TuttiImages", "TuttiModels", "TuttiGeneration",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Dialogue",
            swiftSettings: strict
        ),
        .target(
            name: "Tutti",
            dependencies: [
                "TuttiCheckpoints", "TuttiText", "TuttiAudio", "TuttiImages", "TuttiModels", "TuttiSpeech",
                "TuttiVision", "TuttiGeneration", "TuttiDialogue",
            ],
            path: "Sources/Tutti",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiOpenAI",
            dependencies: [
                "TuttiCheckpoints", .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/OpenAI",
            swiftSettings: strict
        ),
        .target(
            name: "TuttiServer",
            dependencies: [
                "Tutti", "TuttiOpenAI",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources/Server",
            swiftSettings: strict
        ),
        .target(name: "TuttiTerminal", path: "Sources/Terminal", swiftSettings: strict),
        .executableTarget(
            name: "TuttiCommand",
            dependencies: [
                "Tutti", "TuttiServer", "TuttiTerminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/TuttiCommand",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ChatInFifteenLines",
            dependencies: ["Tutti"],
            path: "Examples/ChatInFifteenLines",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ChatOverHTTP",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Examples/ChatOverHTTP",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ToolLoop",
            dependencies: ["Tutti"],
            path: "Examples/ToolLoop",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "LongConversation",
            dependencies: ["Tutti"],
            path: "Examples/LongConversation",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "AddAModel",
            dependencies: ["Tutti"],
            path: "Examples/AddAModel",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "SpeakAndHear",
            dependencies: ["Tutti"],
            path: "Examples/SpeakAndHear",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "LookAtAPicture",
            dependencies: ["Tutti"],
            path: "Examples/LookAtAPicture",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "AskADocument",
            dependencies: ["Tutti"],
            path: "Examples/AskADocument",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "TokenBenchmark",
            dependencies: ["TuttiCheckpoints", "TuttiText"],
            path: "Benchmarks/Tokens",
            exclude: ["tokens.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ConstraintBenchmark",
            dependencies: [
                "TuttiCheckpoints", "TuttiText", "TuttiGeneration", "TuttiTensors",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Benchmarks/constraint",
            exclude: ["maskbench.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FairnessBenchmark",
            dependencies: ["Tutti"],
            path: "Benchmarks/fairness",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ToolBenchmark",
            dependencies: ["Tutti", .product(name: "OrderedCollections", package: "swift-collections")],
            path: "Benchmarks/tools",
            exclude: ["tasks.json"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ServerBenchmark",
            dependencies: [
                "Tutti",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Benchmarks/server",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "PerceptionBenchmark",
            dependencies: ["TuttiCheckpoints", "TuttiImages", "TuttiTensors", "TuttiVision"],
            path: "Benchmarks/perception",
            exclude: ["perception.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "SpeechBenchmark",
            dependencies: ["Tutti", "TuttiModels", "TuttiSpeech", "TuttiTensors"],
            path: "Benchmarks/speech",
            exclude: ["speech.py", "peers.py", "speed.py", "accuracy.py", "sentences.txt", "roundtrip.json"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "VisionBenchmark",
            dependencies: ["Tutti"],
            path: "Benchmarks/vision",
            exclude: ["vision.py", "pictures.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "GraphBenchmark",
            dependencies: ["TuttiCheckpoints", "TuttiModels", "TuttiTensors"],
            path: "Benchmarks/graphs",
            exclude: ["graphs.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ImageBenchmark",
            dependencies: ["TuttiImages"],
            path: "Benchmarks/images",
            exclude: ["images.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "EncoderBenchmark",
            dependencies: ["TuttiModels", "TuttiTensors"],
            path: "Benchmarks/encoders",
            exclude: ["encoders.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "KernelBenchmark",
            dependencies: ["TuttiTensors", "CKernels"],
            path: "Benchmarks/kernels",
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: ["TuttiCheckpoints"],
            path: "Tests/Support",
            swiftSettings: testing
        ),
        .target(
            name: "Fuzzing",
            dependencies: [
                "TuttiTensors", "TuttiCheckpoints", "TuttiText", "TuttiAudio", "TuttiImages", "TuttiModels",
                "TestSupport",
            ],
            path: "Tests/Fuzzing",
            exclude: ["Seeds"],
            swiftSettings: testing
        ),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Fuzzing", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/FuzzProgram",
            swiftSettings: testing
        ),
        .testTarget(
            name: "TensorsTests",
            dependencies: ["TuttiTensors", "CKernels", "TestSupport"],
            path: "Tests/TensorsTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "CheckpointsTests",
            dependencies: ["TuttiCheckpoints", "TestSupport"],
            path: "Tests/CheckpointsTests",
            exclude: ["Goldens", "Programs"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "TextTests",
            dependencies: ["TuttiText", "TuttiCheckpoints", "TestSupport"],
            path: "Tests/TextTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "AudioTests",
            dependencies: ["TuttiAudio", "TestSupport"],
            path: "Tests/AudioTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "ImagesTests",
            dependencies: ["TuttiImages", "TestSupport"],
            path: "Tests/ImagesTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "VisionTests",
            dependencies: ["TuttiVision", "TuttiModels", "TuttiImages", "TuttiTensors", "TestSupport"],
            path: "Tests/VisionTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "SpeechTests",
            dependencies: ["TuttiSpeech", "TuttiModels", "TuttiAudio", "TestSupport"],
            path: "Tests/SpeechTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "ModelsTests",
            dependencies: ["TuttiModels", "TuttiImages", "TuttiGeneration", "TestSupport"],
            path: "Tests/ModelsTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "GenerationTests",
            dependencies: ["TuttiGeneration", "TestSupport"],
            path: "Tests/GenerationTests",
            swiftSettings: testing
        ),
        .testTarget(
            name: "TuttiTests",
            dependencies: ["Tutti", "TestSupport"],
            path: "Tests/TuttiTests",
            exclude: ["Goldens"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "DialogueTests",
            dependencies: ["TuttiDialogue", "TestSupport"],
            path: "Tests/DialogueTests",
            swiftSettings: testing
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "TuttiServer", "TuttiOpenAI", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/ServerTests",
            swiftSettings: testing
        ),
        .testTarget(
            name: "TerminalTests",
            dependencies: ["TuttiTerminal"],
            path: "Tests/TerminalTests",
            swiftSettings: testing
        ),
        .testTarget(
            name: "FuzzingTests",
            dependencies: ["Fuzzing", "TestSupport"],
            path: "Tests/FuzzingTests",
            swiftSettings: testing
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Tutti", "TestSupport", "TuttiCommand", "ChatInFifteenLines", "ChatOverHTTP", "AddAModel", "ToolLoop",
                "LongConversation", "SpeakAndHear", "LookAtAPicture", "AskADocument",
            ],
            path: "Tests/EndToEndTests",
            exclude: ["Goldens", "Clients"],
            swiftSettings: testing
        ),
    ]
)
