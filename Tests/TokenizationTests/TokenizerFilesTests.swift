import Foundation
import Testing
import Tokenization

struct TokenizerFilesTests {
    private func smallFiles() throws -> [String: Data] {
        let files = try TokenizationFixture(named: "small").files ?? [:]
        return files.mapValues { Data($0.utf8) }
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        try tokenizer.write(to: directory)
        let again = try Tokenizer(directory: directory)
        #expect(again.vocabularySize == tokenizer.vocabularySize)
        for row in try TokenizationFixture(named: "small").cases { #expect(again.encode(row.text) == row.ids) }
        #expect(try again.files() == tokenizer.files())
    }

    @Test func aModelOfThirtyTwoThousandOneHundredTokensGetsTheSentinels() throws {
        var files = try smallFiles()
        let plain = try Tokenizer(files: files)
        files["config.json"] = Data(#"{"vocab_size": \#(plain.vocabularySize + 100), "d_model": 512}"#.utf8)
        let tokenizer = try Tokenizer(files: files)
        let base = Int32(plain.vocabularySize)
        #expect(tokenizer.vocabularySize == plain.vocabularySize + 100)
        #expect(tokenizer.encode("<extra_id_99><extra_id_0>") == [base, base + 99])
        #expect(tokenizer.encode("<extra_id_1>a").first == base + 98)
        #expect(try Tokenizer(files: tokenizer.files()).encode("<extra_id_0>") == [base + 99])
    }

    @Test func additionalTokensFollowTheVocabularyInOrder() throws {
        let files = try smallFiles()
        let size = Int32(try Tokenizer(files: files).vocabularySize)
        let tokenizer = try Tokenizer(files: files, additionalSpecialTokens: ["<a>", "<ab>", "<s>"])
        #expect(tokenizer.encode("<ab><a><s>") == [size + 1, size, 1])
        #expect(tokenizer.decode([size]) == "")
    }

    @Test func tokenizerJSONAloneIsEnough() throws {
        let files = try smallFiles()
        let vocabulary = String(decoding: try #require(files["vocab.json"]), as: UTF8.self)
        let text = String(decoding: try #require(files["merges.txt"]), as: UTF8.self)
        let lines = text.split(separator: "\n").dropFirst()
        let merges = String(decoding: try JSONEncoder().encode(lines.map(String.init)), as: UTF8.self)
        let document = """
            {"added_tokens": [{"id": 4, "content": "<mask>", "lstrip": true, "rstrip": false, "special": true}],
             "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
             "model": {"type": "BPE", "vocab": \(vocabulary), "merges": \(merges)}}
            """
        let tokenizer = try Tokenizer(files: ["tokenizer.json": Data(document.utf8)])
        for row in try TokenizationFixture(named: "small").cases { #expect(tokenizer.encode(row.text) == row.ids) }
    }

    @Test func aMissingFileIsNamed() {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        #expect(throws: TokenizationError.missingFile(file: "vocab.json", location: directory.path)) {
            try Tokenizer(directory: directory)
        }
    }

    @Test func aBadMergeIsNamedWithItsLine() throws {
        var files = try smallFiles()
        files["merges.txt"] = Data("#version: 0.2\na b\nzz qq\n".utf8)
        #expect(throws: TokenizationError.self) { try Tokenizer(files: files) }
        files["merges.txt"] = Data("#version: 0.2\none two three\n".utf8)
        let error = #expect(throws: TokenizationError.self) { try Tokenizer(files: files) }
        #expect(error?.description == "merges.txt, line 2: merge: expected two tokens with a space between them")
    }

    @Test(arguments: ["[]", "{", #"{"a": -1}"#, #"{"a": 1, "b": 1}"#, #"{"a": 999999999}"#, "{}", #"{"a": "x"}"#])
    func aBrokenVocabularyIsRefused(text: String) throws {
        var files = try smallFiles()
        files["vocab.json"] = Data(text.utf8)
        #expect(throws: TokenizationError.self) { try Tokenizer(files: files) }
    }

    @Test func aVocabularyWithoutItsSpecialTokensIsRefused() throws {
        var files = try smallFiles()
        let text = String(decoding: try #require(files["vocab.json"]), as: UTF8.self)
        files["vocab.json"] = Data(text.replacingOccurrences(of: "</s>", with: "<end>").utf8)
        #expect(throws: TokenizationError.missingToken(token: "</s>", file: "vocab.json")) {
            try Tokenizer(files: files)
        }
    }

    @Test func anotherKindOfTokenizerIsRefusedByName() throws {
        let document = #"{"pre_tokenizer": {"type": "Metaspace"}, "model": {"type": "BPE", "vocab": {}, "merges": []}}"#
        let error = #expect(throws: TokenizationError.self) {
            try Tokenizer(files: ["tokenizer.json": Data(document.utf8)])
        }
        #expect(error?.description.contains("Metaspace") == true)
    }
}
