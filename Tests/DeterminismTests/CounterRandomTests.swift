import Determinism
import Testing

struct CounterRandomTests {
    /// The known-answer vectors published with Random123 (philox4x32, 10 rounds).
    @Test func philoxAgreesWithItsPublishedVectors() {
        let zero = RandomKey(high: 0, low: 0).block(counter: 0)
        #expect(zero == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = RandomKey(high: .max, low: 0).block(counter: .max, domain: .max)
        #expect(ones == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    }

    @Test func differentPathsGiveDifferentKeys() {
        var seen: Set<RandomKey> = []
        for step in 0..<100 as Range<UInt64> {
            for slot in 0..<100 as Range<UInt64> { seen.insert(RandomKey(seed: 1, path: step, slot)) }
        }
        #expect(seen.count == 10_000)
        #expect(RandomKey(seed: 1, path: 2, 3) != RandomKey(seed: 1, path: 3, 2))
    }

    @Test func uniformNumbersHaveTheMeanAndVarianceTheyShould() {
        let key = RandomKey(seed: 7, path: 1)
        let draws = (0..<100_000 as Range<UInt64>).map { key.uniform(counter: $0) }
        let mean = draws.reduce(0, +) / 100_000
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
        #expect(abs(mean - 0.5) < 0.004)
        #expect(abs(variance - 1.0 / 12) < 0.002)
        #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    }

    @Test func aShuffleIsAPermutationAndDependsOnTheKeyOnly() {
        var a = RandomKey(seed: 3, path: 9).generator()
        var b = RandomKey(seed: 3, path: 9).generator()
        let shuffled = a.shuffled(Array(0..<50))
        #expect(shuffled.sorted() == Array(0..<50))
        #expect(shuffled == b.shuffled(Array(0..<50)))
        #expect(shuffled != Array(0..<50))
    }
}
