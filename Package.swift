// swift-tools-version: 6.2
import PackageDescription

/// The house settings: every target of ours is built with them.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma"], .when(configuration: .release)),
]

/// Which of our modules each module may import: the arrows of docs/architecture.md.
///
/// `ModuleGraphTests` reads this table and refuses any other import.
let arrows: [(module: String, imports: [String])] = [
    ("Programs", []),
    ("Determinism", ["CSodium", "CKernels"]),
    ("Protocol", ["Programs"]),
    ("Tensors", ["COpenBLAS", "CKernels"]),
    ("PPO", ["Determinism"]),
    ("Checkpoints", ["Determinism"]),
    ("Tokenization", []),
    ("Datasets", ["Programs", "Determinism"]),
    ("CodeAnalysis", ["Programs", "CTreeSitter"]),
    ("Telemetry", []),
    ("Rewards", ["Programs", "CodeAnalysis"]),
    ("Transport", ["Protocol", "CZeroMQ"]),
    ("Transformer", ["Tensors", "Checkpoints", "Determinism"]),
    ("Optimizers", ["Tensors"]),
    ("Monitoring", ["Telemetry"]),
    ("Dispatching", ["Protocol", "Transport", "Programs", "Determinism", "CZstd"]),
    ("Dashboard", ["Monitoring", "Telemetry", "Tokenization"]),
    ("SandboxRunner", ["Programs", "Protocol", "Transport", "Dispatching", "Determinism", "Monitoring", "CSandbox"]),
    (
        "RolloutWorker",
        [
            "Programs", "Determinism", "Protocol", "Transport", "Transformer", "Tensors", "Tokenization", "Rewards",
            "Checkpoints", "Telemetry", "CodeAnalysis", "Dispatching", "Monitoring",
        ]
    ),
    (
        "Learner",
        [
            "Programs", "Determinism", "Protocol", "Transport", "Dispatching", "Transformer", "Tensors", "Optimizers",
            "PPO", "Checkpoints", "Tokenization", "Datasets", "Rewards", "Telemetry", "Monitoring", "Dashboard",
        ]
    ),
    (
        "PPOCoderCommand",
        [
            "Programs", "Determinism", "Protocol", "Transport", "Dispatching", "Transformer", "Tensors", "Optimizers",
            "PPO", "Checkpoints", "Tokenization", "Datasets", "Rewards", "CodeAnalysis", "Telemetry", "Learner",
            "RolloutWorker", "SandboxRunner", "Monitoring", "Dashboard",
        ]
    ),
]

/// Products of other packages that a module of ours uses.
let external: [String: [Target.Dependency]] = [
    "Protocol": [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
    "Tokenization": [.product(name: "HeapModule", package: "swift-collections")],
    "Transport": [.product(name: "DequeModule", package: "swift-collections")],
    "Dispatching": [.product(name: "HeapModule", package: "swift-collections")],
    "Monitoring": [.product(name: "FlyingFox", package: "FlyingFox")],
    "Dashboard": [.product(name: "GRDB", package: "GRDB.swift")],
    "Learner": [
        .product(name: "Yams", package: "Yams"), .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
    "RolloutWorker": [.product(name: "ArgumentParser", package: "swift-argument-parser")],
    "SandboxRunner": [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "DequeModule", package: "swift-collections"),
    ],
    "PPOCoderCommand": [
        .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "Yams", package: "Yams"),
    ],
]

let modules: [Target] = arrows.map { row in
    .target(
        name: row.module,
        dependencies: row.imports.map { .target(name: $0) } + external[row.module, default: []],
        exclude: row.module == "Protocol" ? ["ppocoder.proto"] : [],
        swiftSettings: house
    )
}

/// The commands: one line of Swift each.
let commands: [Target] = [
    ("ppocoder", "PPOCoderCommand"), ("ppocoder-learner", "Learner"), ("ppocoder-rollout", "RolloutWorker"),
    ("ppocoder-sandbox", "SandboxRunner"),
].map { name, module in
    .executableTarget(
        name: name,
        dependencies: [.target(name: module)],
        path: "Sources/Executables/\(name)",
        swiftSettings: house
    )
}

/// Test targets: the module each is named after, and what it imports beside that.
let tests: [Target] = [
    ("Architecture", []),
    ("Programs", []),
    ("Determinism", []),
    ("Protocol", ["Programs"]),
    ("Tensors", []),
    ("PPO", ["Determinism"]),
    ("Checkpoints", ["Determinism"]),
    ("Tokenization", []),
    ("Datasets", ["Programs", "Determinism"]),
    ("CodeAnalysis", ["Programs", "TestSupport"]),
    ("Telemetry", []),
    ("Rewards", ["CodeAnalysis", "Programs", "TestSupport"]),
    ("Transport", ["Protocol", "CZeroMQ"]),
    ("Transformer", ["Tensors", "Checkpoints", "Determinism"]),
    ("Optimizers", ["Tensors"]),
    ("Monitoring", []),
    ("Dashboard", ["Monitoring", "Telemetry"]),
    ("Dispatching", ["Transport", "Protocol", "Programs", "Determinism"]),
    ("SandboxRunner", ["Programs", "Datasets", "Determinism", "ppocoder-slot"]),
    ("Adversarial", ["Programs", "SandboxRunner", "ppocoder", "ppocoder-slot"]),
    (
        "Learner",
        [
            "Programs", "Determinism", "Protocol", "Transport", "Dispatching", "Transformer", "Tensors", "Tokenization",
            "RolloutWorker", "Rewards", "PPO", "Optimizers", "Telemetry",
        ]
    ),
    (
        "PPOCoderCommand",
        [
            "Programs", "Learner", "Telemetry", "ppocoder", "ppocoder-learner", "ppocoder-rollout", "ppocoder-sandbox",
            "ppocoder-slot",
        ]
    ),
].map { (name: String, more: [String]) in
    .testTarget(
        name: "\(name)Tests",
        dependencies: (arrows.contains { $0.module == name } ? [.target(name: name)] : [])
            + more.map { .target(name: $0) }
            + (name == "Dashboard" ? [.product(name: "GRDB", package: "GRDB.swift")] : [])
            + (name == "PPOCoderCommand"
                ? [
                    .product(name: "Yams", package: "Yams"),
                    .product(name: "ArgumentParser", package: "swift-argument-parser"),
                ] : []),
        exclude: ["Tokenization", "Checkpoints", "PPOCoderCommand"].contains(name)
            ? ["Fixtures"] : name == "Adversarial" ? ["Programs", "Cheats"] : [],
        swiftSettings: house
    )
}

let package = Package(
    name: "ppocoder",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", .upToNextMinor(from: "0.27.1")),
    ],
    targets: [
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CTreeSitter", providers: [.apt(["libtree-sitter-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "CKernels"),
        .target(name: "CSandbox", cSettings: [.define("_GNU_SOURCE")]),
        // Single-threaded and in C: it links neither BLAS nor ZeroMQ, because a process with a second
        // thread may not unshare its user namespace.
        .executableTarget(
            name: "ppocoder-slot",
            dependencies: ["CSandbox"],
            path: "Sources/Executables/ppocoder-slot",
            cSettings: [.define("_GNU_SOURCE")]
        ),
        // What the tests of several modules use.
        .target(name: "TestSupport", dependencies: ["Programs"], path: "Tests/Support", swiftSettings: house),
    ] + modules + commands + tests
)
