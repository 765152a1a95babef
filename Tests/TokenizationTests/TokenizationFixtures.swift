import Foundation
import Tokenization

/// Strings with the ids that Hugging Face gives them; made by `Tools/reference/generate_tokenizer_fixtures.py`.
struct TokenizationFixture: Decodable {
    struct Case: Decodable {
        let text: String
        let ids: [Int32]
        let decoded: String
    }

    /// `vocab.json` and `merges.txt`; absent for the published vocabulary.
    let files: [String: String]?
    let cases: [Case]

    init(named name: String) throws {
        let url = testFolder.appendingPathComponent("Fixtures/\(name).json")
        self = try JSONDecoder().decode(TokenizationFixture.self, from: Data(contentsOf: url))
    }

    /// The 420-token tokenizer of `small.json`.
    static func smallTokenizer() throws -> Tokenizer {
        let files = try TokenizationFixture(named: "small").files ?? [:]
        return try Tokenizer(files: files.mapValues { Data($0.utf8) })
    }
}

private let testFolder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()

/// The data sets beside the project; nil when they are not on this machine.
let sharedData: URL? = {
    let url = testFolder.appendingPathComponent("../../../shared/data").standardizedFileURL
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
}()

/// The same numbers on every machine: a linear congruential generator, Knuth's MMIX constants.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
    }
}
