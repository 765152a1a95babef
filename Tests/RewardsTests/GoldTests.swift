import CodeAnalysis
import Foundation
import Programs
import Rewards
import TestSupport
import Testing

/// The reference itself earns the whole reward, and no part of it does.
@Suite(.enabled(if: RealPrograms.arePresent, "needs ../shared/data"))
struct GoldTests {
    private func problem(_ reference: String, _ language: Language) -> Problem {
        Problem(
            id: "gold",
            prompt: "",
            language: language,
            tests: [.stdio(stdin: "", stdout: "")],
            reference: reference
        )
    }

    @Test(arguments: [Language.python, .java, .cpp])
    func goldScoresExactlyThreeOnRealPrograms(language: Language) throws {
        let model = try RewardModel(configuration: RewardConfiguration(), analyzer: CodeAnalyzer())
        let programs = try RealPrograms.load(language)
        try #require(programs.count > 700)
        var full = 0
        for code in programs {
            let breakdown = model.breakdown(
                verdict: Verdict(outcome: .accepted),
                completion: code,
                finished: true,
                problem: problem(code, language)
            )
            #expect(breakdown.score == Double(breakdown.terms.count))
            if breakdown.score == 3 { full += 1 }
        }
        // All but the few that have no data flow at all.
        #expect(full * 100 >= programs.count * 99)
    }

    @Test(arguments: [Language.python, .java, .cpp])
    func aPrefixOfGoldScoresLessThanGold(language: Language) throws {
        let model = try RewardModel(configuration: RewardConfiguration(), analyzer: CodeAnalyzer())
        var equal = 0
        for code in try RealPrograms.load(language).prefix(200) {
            func score(_ completion: String) -> Double {
                // The judge's kindest verdict, and no mention of a cut: only the structure speaks against it.
                let breakdown = model.breakdown(
                    verdict: Verdict(outcome: .accepted),
                    completion: completion,
                    finished: true,
                    problem: problem(code, language)
                )
                return breakdown.score ?? .nan
            }
            let gold = score(code)
            for part in 1...3 {
                let prefix = score(String(code.unicodeScalars.prefix(code.unicodeScalars.count * part / 4)))
                #expect(prefix <= gold)
                if prefix == gold { equal += 1 }
            }
        }
        #expect(equal == 0)
    }

    @Test func aComparisonTakesLessThanTenMilliseconds() throws {
        let model = try RewardModel(configuration: RewardConfiguration(), analyzer: CodeAnalyzer())
        let programs = try RealPrograms.load(.cpp)
        let clock = ContinuousClock()
        let time = clock.measure {
            for (candidate, reference) in zip(programs, programs.dropFirst()) {
                _ = model.breakdown(
                    verdict: Verdict(outcome: .wrongAnswer),
                    completion: candidate,
                    finished: true,
                    problem: problem(reference, .cpp)
                )
            }
        }
        let again = clock.measure {
            for (candidate, reference) in zip(programs, programs.dropFirst()) {
                _ = model.breakdown(
                    verdict: Verdict(outcome: .wrongAnswer),
                    completion: candidate,
                    finished: true,
                    problem: problem(reference, .cpp)
                )
            }
        }
        let tokens = programs.map { $0.split(separator: " ").count }.reduce(0, +) / programs.count
        print(
            "reward of a program of \(tokens) tokens: \(time / programs.count), known reference \(again / programs.count)"
        )
        // Measured well under one; the slack is for a machine that is busy with other things.
        #expect(time / programs.count < .milliseconds(10))
    }
}
