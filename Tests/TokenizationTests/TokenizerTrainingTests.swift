import Testing
import Tokenization

struct TokenizerTrainingTests {
    private let corpus = [
        "def add(a, b):\n    return a + b + 1000\n", "def sub(a, b):\n    return a - b - 1000\n",
        "for i in range(1000): total = total + 1000 * i\n",
    ]

    /// Pieces: `ab` 3 times, `ac` twice; pairs: ab 3, then ac 2, then nothing occurs twice.
    @Test func theMostFrequentPairIsMergedFirst() {
        let tokenizer = Tokenizer.train(corpus: ["ab!ab!ab!ac!ac"], vocabularySize: 300)
        #expect(tokenizer.vocabularySize == 263)
        #expect(tokenizer.encode("ab") == [261])
        #expect(tokenizer.encode("ac") == [262])
    }

    /// `xy` and `ab` both occur twice: `ab` is first in the order of bytes.
    @Test func tiesGoToTheFirstInOrderOfBytes() {
        let tokenizer = Tokenizer.train(corpus: ["xy!ab!xy!ab"], vocabularySize: 262)
        #expect(tokenizer.encode("ab") == [261])
        #expect(tokenizer.encode("xy").count == 2)
    }

    @Test func idsStartWithTheSpecialTokensAndTheBytes() {
        let tokenizer = Tokenizer.train(corpus: [], vocabularySize: 261)
        #expect(tokenizer.vocabularySize == 261)
        #expect([tokenizer.padID, tokenizer.bosID, tokenizer.eosID, tokenizer.unknownID] == [0, 1, 2, 3])
        #expect(tokenizer.encode("<mask>") == [4])
        #expect(tokenizer.encode(bytes: [0, 65, 255]) == [5, 70, 260])
    }

    @Test func trainingDoesNotDependOnTheOrderOfTheCorpus() throws {
        let a = Tokenizer.train(corpus: corpus, vocabularySize: 320)
        let b = Tokenizer.train(corpus: corpus.reversed(), vocabularySize: 320)
        #expect(try a.files() == b.files())
        #expect(a.vocabularySize > 280)
    }

    @Test func digitsAreMergedUnlessForbidden() {
        let merged = Tokenizer.train(corpus: corpus, vocabularySize: 320)
        #expect(merged.encode(" 1000").count < 5)
        let single = Tokenizer.train(corpus: corpus, vocabularySize: 320, mergeDigits: false)
        #expect(single.encode(" 1000") == [32, 49, 48, 48, 48].map { $0 + 5 })
        #expect(single.encode(" return").count < 7)
    }

    @Test func aTrainedTokenizerBringsBackItsText() {
        let tokenizer = Tokenizer.train(corpus: corpus, vocabularySize: 400)
        for text in corpus + ["something 🙂 else\r\n"] {
            #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        }
    }
}
