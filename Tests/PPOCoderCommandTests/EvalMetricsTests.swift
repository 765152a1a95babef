import PPOCoderCommand
import Testing

struct EvalMetricsTests {
    @Test func passAtKIsTheUnbiasedEstimate() {
        // 2 of 5 pass: 1 − C(3,2)/C(5,2) = 1 − 3/10.
        #expect(abs(passAtK(samples: 5, correct: 2, k: 1) - 0.4) < 1e-12)
        #expect(abs(passAtK(samples: 5, correct: 2, k: 2) - 0.7) < 1e-12)
        #expect(passAtK(samples: 5, correct: 2, k: 4) == 1)
        #expect(passAtK(samples: 5, correct: 0, k: 5) == 0)
        #expect(passAtK(samples: 200, correct: 200, k: 100) == 1)
    }

    @Test func passAtKIsGivenForTheUsualKsOnly() {
        #expect(passKs(samples: 0) == [])
        #expect(passKs(samples: 1) == [1])
        #expect(passKs(samples: 7) == [1, 5])
        #expect(passKs(samples: 20) == [1, 5, 10, 20])
        #expect(passKs(samples: 200) == [1, 5, 10, 20, 50, 100, 200])
    }

    @Test func editSimilarityCountsCharacters() {
        // kitten → sitting: three edits over seven characters.
        #expect(abs((editSimilarity("kitten", "sitting") ?? 0) - 100 * (1 - 3.0 / 7)) < 1e-9)
        #expect(editSimilarity("", "") == 100)
        #expect(editSimilarity("", "ab") == 0)
        #expect(editSimilarity("añ", "añ") == 100)
    }

    @Test func exactMatchForgivesSpaceAtTheEndsOfLinesOnly() {
        #expect(exactMatch("a = 1  \nb = 2\n\n", "a = 1\r\nb = 2"))
        #expect(!exactMatch("  a = 1", "a = 1"))
        #expect(!exactMatch("a = 1\n\nb = 2", "a = 1\nb = 2"))
    }

    @Test func textsTooLongToCompareHaveNoSimilarity() {
        let long = String(repeating: "ab", count: 20_000)
        #expect(editSimilarity("x" + long, "y" + String(long.reversed())) == nil)
        // What they have in common at both ends is free.
        #expect(editSimilarity(long + "x" + long, long + "y" + long) == 100 * (1 - 1.0 / 80_001))
    }

    @Test func corpusBLEUIsThatOfTheWorkedExamples() {
        // Precisions 6/7, 5/6, 4/5, 3/4: their product is 3/7, and there is no brevity penalty.
        let longer = BLEUCounts(candidate: "the cat sat on the mat today", reference: "the cat sat on the mat")
        #expect(abs(longer.corpusScore - 80.9107) < 1e-3)
        // All precisions 1, penalty exp(1 − 5/4).
        let shorter = BLEUCounts(candidate: "a b c d", reference: "a b c d e")
        #expect(abs(shorter.corpusScore - 77.8801) < 1e-3)
        #expect(BLEUCounts(candidate: "a b", reference: "c d").corpusScore == 0)
        #expect(BLEUCounts().corpusScore == 0)
    }
}
