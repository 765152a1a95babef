import Foundation
import Testing

/// The arrows of docs/architecture.md, read from Package.swift, held against every import; and the limit on file size.
///
/// SwiftPM alone lets a target import whatever its dependencies depend on; these tests do not.
struct ModuleGraphTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Layers of docs/architecture.md; an arrow must go to a strictly lower one.
    static let layers: [[String]] = [
        ["CSandbox", "CZeroMQ", "COpenBLAS", "CTreeSitter", "CSodium", "CKernels", "CZstd"],
        ["Programs", "Determinism"],
        ["Protocol", "Tensors", "PPO", "Checkpoints", "Tokenization", "Datasets", "CodeAnalysis", "Telemetry"],
        ["Rewards", "Transport", "Transformer", "Optimizers", "Monitoring"],
        ["Dispatching", "Dashboard"],
        ["Learner", "RolloutWorker", "SandboxRunner"],
        ["PPOCoderCommand"],
    ]

    /// `("Name", ["A", "B"]),` rows of Package.swift.
    static func arrows(in manifest: String) -> [String: Set<String>] {
        var arrows: [String: Set<String>] = [:]
        for match in manifest.matches(of: /\(\s*"(?<name>\w+)",\s*\[(?<list>[^\]]*)\]\s*\),/) {
            arrows[String(match.name)] = Set(match.list.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        return arrows
    }

    static func imports(of source: String) -> Set<String> {
        Set(
            source.matches(of: /(?m)^(?:@\w+ )*(?:\w+ )?import (?:struct |class |enum |func )?(\w+)/).map {
                String($0.1)
            }
        )
    }

    /// The imports of `source` that `module` may not have.
    static func strayImports(of source: String, in module: String, arrows: [String: Set<String>]) -> Set<String> {
        let ours = Set(layers.joined())
        return imports(of: source).intersection(ours).subtracting(arrows[module] ?? []).subtracting([module])
    }

    static func lineCount(of text: String) -> Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
    }

    static func manifestArrows() throws -> [String: Set<String>] {
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        // Only the table of arrows: the rows of the tests look the same.
        let table = try #require(manifest.range(of: "let arrows:"))
        let end = try #require(manifest.range(of: "/// Products of other packages"))
        return arrows(in: String(manifest[table.lowerBound..<end.lowerBound]))
    }

    static func files(under folder: String, suffixes: [String]) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { path in suffixes.contains { path.hasSuffix($0) } && !path.contains(".build/") }
            .map { "\(folder)/\($0)" }
    }

    @Test func theCheckSeesAPlantedStrayImport() {
        let arrows = Self.arrows(in: #"("Learner", ["PPO"]), ("PPO", []),"#)
        #expect(arrows == ["Learner": ["PPO"], "PPO": []])
        #expect(Self.strayImports(of: "internal import Learner\n", in: "PPO", arrows: arrows) == ["Learner"])
        #expect(Self.strayImports(of: "package import PPO\nimport Foundation\n", in: "Learner", arrows: arrows).isEmpty)
        #expect(Self.lineCount(of: String(repeating: "x\n", count: 501)) == 501)
    }

    @Test func noModuleImportsWhatItDoesNotDeclare() throws {
        let arrows = try Self.manifestArrows()
        #expect(arrows.count >= 19)
        for module in arrows.keys.sorted() {
            let files = try Self.files(under: "Sources/\(module)", suffixes: [".swift"])
            #expect(!files.isEmpty, "\(module) is empty")
            for file in files {
                let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
                let stray = Self.strayImports(of: text, in: module, arrows: arrows)
                #expect(stray.isEmpty, "\(file) imports \(stray.sorted())")
            }
        }
    }

    @Test func everyArrowGoesStrictlyDown() throws {
        var layer: [String: Int] = [:]
        for (index, modules) in Self.layers.enumerated() {
            for module in modules { layer[module] = index }
        }
        for (module, imports) in try Self.manifestArrows() {
            for imported in imports {
                let from = try #require(layer[module], "\(module) is in no layer")
                let to = try #require(layer[imported], "\(imported) is in no layer")
                #expect(to < from, "\(module) (layer \(from)) imports \(imported) (layer \(to))")
            }
        }
    }

    @Test func onlyTheUpdateBringsPPOAndTransformerTogether() throws {
        let both = try Self.files(under: "Sources/Learner", suffixes: [".swift"]).filter { file in
            let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
            return Self.imports(of: text).isSuperset(of: ["PPO", "Transformer"])
        }
        let update = ["PPOMinibatch", "PPOUpdate", "SeparateCritic", "UpdateChecks"]
        #expect(both.sorted() == update.map { "Sources/Learner/\($0).swift" })
    }

    @Test func noFileIsLongerThanFiveHundredLines() throws {
        let files =
            try Self.files(under: "Sources", suffixes: [".swift", ".c", ".h", ".proto"])
            + Self.files(under: "Tests", suffixes: [".swift", ".py"])
            + Self.files(under: "Tools", suffixes: [".py"])
        #expect(files.count > 100)
        for file in files where !file.contains("/Generated/") {
            let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
            #expect(Self.lineCount(of: text) <= 500, "\(file) has \(Self.lineCount(of: text)) lines")
        }
    }
}
