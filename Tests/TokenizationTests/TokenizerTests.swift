import Foundation
import Testing
import Tokenization

struct TokenizerTests {
    @Test func everyTrickyStringHasTheIdsThatHuggingFaceGivesIt() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        let cases = try TokenizationFixture(named: "small").cases
        #expect(cases.count > 90)
        for row in cases {
            #expect(tokenizer.encode(row.text) == row.ids, "\(row.text.debugDescription)")
            #expect(Array(tokenizer.decode(row.ids).utf8) == Array(row.decoded.utf8), "\(row.text.debugDescription)")
        }
    }

    @Test(.enabled(if: sharedData != nil)) func codeT5VocabularyGivesTheIdsThatHuggingFaceGives() throws {
        let data = try #require(sharedData)
        let tokenizer = try Tokenizer(directory: data.appendingPathComponent("codet5_tokenizer"))
        #expect(tokenizer.vocabularySize == 32_000)
        for row in try TokenizationFixture(named: "codet5").cases {
            #expect(tokenizer.encode(row.text) == row.ids, "\(row.text.debugDescription)")
            #expect(Array(tokenizer.decode(row.ids).utf8) == Array(row.decoded.utf8), "\(row.text.debugDescription)")
        }
    }

    @Test(.enabled(if: sharedData != nil)) func everyDataFileComesBackByteForByte() throws {
        let data = try #require(sharedData)
        let tokenizer = try Tokenizer(directory: data.appendingPathComponent("codet5_tokenizer"))
        var files = 0
        let paths = try #require(FileManager.default.enumerator(atPath: data.path))
        for case let path as String in paths {
            let url = data.appendingPathComponent(path)
            guard ["json", "jsonl", "txt", "gz", "md"].contains(url.pathExtension) else { continue }
            let bytes = [UInt8](try Data(contentsOf: url))
            let ids = tokenizer.encode(bytes: bytes)
            #expect(tokenizer.decodeBytes(ids, skipSpecialTokens: false) == bytes, "\(path)")
            #expect(ids.count < bytes.count, "\(path)")
            files += 1
        }
        #expect(files >= 40)
    }

    @Test func randomBytesComeBackWhateverTheyAre() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        var generator = SeededGenerator(state: 1)
        // Lone lead bytes, cut sequences, a surrogate, a space and a zero.
        let pieces: [[UInt8]] = [[0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x99], [0xED, 0xA0, 0x80], [32], [0]]
        for round in 0..<2_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...80, using: &generator) {
                if round.isMultiple(of: 2) {
                    bytes.append(UInt8.random(in: .min ... .max, using: &generator))
                } else {
                    bytes += pieces[Int.random(in: pieces.indices, using: &generator)]
                }
            }
            let ids = tokenizer.encode(bytes: bytes)
            #expect(tokenizer.decodeBytes(ids) == bytes)
            #expect(tokenizer.decode(ids) == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func bytesThatSpellASpecialTokenAreOrdinaryBytes() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        let bytes = Array("<s></s>".utf8)
        #expect(tokenizer.encode("<s></s>") == [tokenizer.bosID, tokenizer.eosID])
        #expect(!tokenizer.encode(bytes: bytes).contains(tokenizer.bosID))
        #expect(tokenizer.decodeBytes(tokenizer.encode(bytes: bytes)) == bytes)
    }

    @Test func decodingSkipsSpecialTokensWhenAskedAndUnknownIdsAlways() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        let ids = [tokenizer.bosID] + tokenizer.encode("a b") + [tokenizer.eosID, 9_999, -1]
        #expect(tokenizer.decode(ids) == "a b")
        #expect(tokenizer.decode(ids, skipSpecialTokens: false) == "<s>a b</s>")
    }

    @Test func sourcesAndTargetsAreCutButKeepTheirEnd() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        let plain = tokenizer.encode("x+y=z")
        #expect(plain.count == 5)
        #expect(tokenizer.encodeSource("x+y=z", maximumLength: 7) == [1] + plain + [2])
        #expect(tokenizer.encodeSource("x+y=z", maximumLength: 4) == [1, plain[0], plain[1], 2])
        #expect(tokenizer.encodeTarget("x+y=z", maximumLength: 6) == plain + [2])
        #expect(tokenizer.encodeTarget("x+y=z", maximumLength: 3) == [plain[0], plain[1], 2])
        #expect(tokenizer.encodeTarget("", maximumLength: 3) == [2])
    }

    @Test func aFullCacheChangesNoId() throws {
        let tokenizer = try TokenizationFixture.smallTokenizer()
        let before = tokenizer.encode("return the list of numbers")
        for number in 0..<5_000 {
            _ = tokenizer.encode((0..<8).map { "w\(number)x\($0)" }.joined(separator: " "))
        }
        for word in 0..<40_000 { _ = tokenizer.encode(String(word, radix: 36)) }
        #expect(tokenizer.encode("return the list of numbers") == before)
    }

    @Test(.enabled(if: sharedData != nil)) func fourMegabytesTakeLessThanFiveSeconds() throws {
        let data = try #require(sharedData)
        let tokenizer = try Tokenizer(directory: data.appendingPathComponent("codet5_tokenizer"))
        let url = data.appendingPathComponent("xlcost/Java-C++/train-Java-C++-tok.cpp.txt")
        let text = try String(contentsOf: url, encoding: .utf8)
        #expect(text.utf8.count > 3_900_000)
        let time = ContinuousClock().measure { _ = tokenizer.encode(text) }
        #expect(time < .seconds(5))
    }
}
