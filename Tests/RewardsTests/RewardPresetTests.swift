import CodeAnalysis
import Foundation
import Programs
import Rewards
import TestSupport
import Testing

/// The rewards of the family, each on numbers worked by hand.
struct RewardPresetTests {
    private static let gold = "def f(a):\n    b = a + 1\n    return b\n"
    private let analyzer: CodeAnalyzer

    init() throws { analyzer = try CodeAnalyzer() }

    private func breakdown(
        _ configuration: RewardConfiguration,
        _ verdict: Verdict,
        completion: String = gold,
        length: CompletionLength? = nil
    ) throws -> RewardBreakdown {
        let tests = (0..<4).map { TestCase.assert(code: "assert f(\($0)) == \($0 + 1)") }
        return try RewardModel(configuration: configuration, analyzer: analyzer).breakdown(
            verdict: verdict,
            completion: completion,
            finished: true,
            problem: Problem(id: "p", prompt: "", language: .python, tests: tests, reference: Self.gold),
            length: length
        )
    }

    @Test func theDefaultIsPPOCodersAndUnchanged() throws {
        #expect(RewardConfiguration(preset: .ppocoder) == RewardConfiguration())
        let breakdown = try breakdown(
            RewardConfiguration(),
            Verdict(outcome: .wrongAnswer, testsPassed: 3, testsTotal: 4)
        )
        #expect(breakdown.terms.map(\.name) == [.execution, .ast, .dataFlow])
        #expect(breakdown.score == -0.3 + 1 + 1)
        #expect(breakdown.penalties.isEmpty)
    }

    @Test(arguments: [
        (Verdict.Outcome.accepted, 1.0), (.wrongAnswer, -0.3), (.runtimeError, -0.6), (.compileError, -1),
    ])
    func codeRLIsTheLadderAlone(outcome: Verdict.Outcome, value: Double) throws {
        let breakdown = try breakdown(RewardConfiguration(preset: .coderl), Verdict(outcome: outcome))
        #expect(breakdown.terms == [RewardTerm(name: .execution, value: value, weight: 1)])
    }

    @Test(arguments: [(4, 1.0), (3, 0.675), (1, 0.025), (0, -0.3)])
    func rltfAddsTheShareOfTestsPassed(passed: Int, adaptive: Double) throws {
        // −0.3 + 1.3 · 3/4 = 0.675.
        let outcome: Verdict.Outcome = passed == 4 ? .accepted : .wrongAnswer
        let verdict = Verdict(outcome: outcome, testsPassed: passed, testsTotal: 4)
        let breakdown = try breakdown(RewardConfiguration(preset: .rltf), verdict)
        #expect(breakdown.terms.map(\.name) == [.execution, .adaptive])
        #expect(abs((breakdown.value(of: .adaptive) ?? .nan) - adaptive) < 1e-12)
        #expect(abs((breakdown.score ?? .nan) - (passed == 4 ? 1 : -0.3) - adaptive) < 1e-12)
    }

    @Test func rltfBlamesTheLineOfTheError() throws {
        let said = "Traceback (most recent call last):\n  File \"<program>\", line 2, in f\nNameError: name 'z'\n"
        let verdict = Verdict(outcome: .runtimeError, testsTotal: 4, diagnostics: said)
        let breakdown = try breakdown(RewardConfiguration(preset: .rltf), verdict)
        #expect(breakdown.penalties == [LinePenalty(line: 2, value: -0.3)])
        // The penalty is paid at the line, not in the score: −0.6 and −0.3 + 1.3 · 0.
        #expect(abs((breakdown.score ?? .nan) - -0.9) < 1e-12)
        let slow = try self.breakdown(RewardConfiguration(preset: .rltf), Verdict(outcome: .timeLimit, testsTotal: 4))
        #expect(slow.penalties == [LinePenalty(line: nil, value: -0.3)])
        let wrong = try self.breakdown(
            RewardConfiguration(preset: .rltf),
            Verdict(outcome: .wrongAnswer, testsTotal: 4)
        )
        #expect(wrong.penalties.isEmpty)
    }

    @Test func compCoderAsksWhetherItCompilesAndRefusesCheapWaysOut() throws {
        let preset = RewardConfiguration(preset: .compcoder)
        let long = CompletionLength(tokens: 20, maximum: 96)
        #expect(try breakdown(preset, Verdict(outcome: .wrongAnswer), length: long).score == 1)
        #expect(try breakdown(preset, Verdict(outcome: .compileError), length: long).score == -1)
        // Too short, and one statement over and over: both compile, neither is paid for.
        let short = CompletionLength(tokens: 4, maximum: 96)
        #expect(try breakdown(preset, Verdict(outcome: .accepted), length: short).score == -1)
        let repeated = String(repeating: "x = 1\n", count: 30)
        #expect(try breakdown(preset, Verdict(outcome: .accepted), completion: repeated, length: long).score == -1)
    }

    @Test(arguments: [(80, 0.0), (86, 0), (87, -0.1), (91, -0.5), (96, -1), (99, -1)])
    func theOverlongPenaltyFallsOverItsBuffer(tokens: Int, penalty: Double) throws {
        // 96 allowed, a buffer of 10: nothing up to 86, then a tenth for each token.
        let length = CompletionLength(tokens: tokens, maximum: 96)
        #expect(abs(length.overlongPenalty(buffer: 10) - penalty) < 1e-12)
        var configuration = RewardConfiguration(preset: .coderl)
        configuration.overlongWeight = 0.5
        configuration.overlongBuffer = 10
        let breakdown = try breakdown(configuration, Verdict(outcome: .accepted), length: length)
        #expect(abs((breakdown.score ?? .nan) - (1 + 0.5 * penalty)) < 1e-12)
    }

    @Test(arguments: [
        ("ab", 0.0), ("abcabcabc", 0), ("abcabcabcabc", 1), ("x = f(abcabcabcabc)", 12.0 / 19), ("))))", 1),
        ("a\n                    b\n                    c\n", 0),
    ])
    func repetitionIsMeasuredAsOnPaper(text: String, share: Double) {
        // Three times in a row is ordinary, four is not; runs of spaces count as one.
        #expect(DegenerateOutput.repeatedShare(text) == share)
    }

    @Test(.enabled(if: RealPrograms.arePresent, "needs ../shared/data"), arguments: [Language.python, .java, .cpp])
    func peoplesProgramsAreNotDegenerate(language: Language) throws {
        let programs = try RealPrograms.load(language)
        let most = RewardConfiguration(preset: .compcoder).maximumRepetition
        #expect(programs.count { DegenerateOutput.repeatedShare($0) > most } == 0)
    }

    @Test func aPresetIsABaseThatFieldsChange() throws {
        let text = #"{"preset": "rltf", "fine_grained": -0.1}"#
        let configuration = try JSONDecoder().decode(RewardConfiguration.self, from: Data(text.utf8))
        #expect(configuration.preset == .rltf)
        #expect(configuration.fineGrained == -0.1)
        #expect(configuration.adaptiveWeight == 1)
        #expect(configuration.astWeight == 0)
        for preset in RewardPreset.allCases {
            let original = RewardConfiguration(preset: preset)
            try original.validate()
            let data = try JSONEncoder().encode(original)
            #expect(try JSONDecoder().decode(RewardConfiguration.self, from: data) == original)
        }
    }

    @Test(arguments: [
        (#"{"fine_grained": 0.1}"#, "fine_grained"), (#"{"maximum_repetition": 0}"#, "maximum_repetition"),
        (#"{"minimum_tokens": -1}"#, "minimum_tokens"), (#"{"overlong_weight": 1}"#, "overlong_buffer"),
        (#"{"adaptive_weight": -1}"#, "adaptive_weight"),
    ])
    func aValueThatMakesNoSenseIsRefusedByName(json: String, field: String) throws {
        let configuration = try JSONDecoder().decode(RewardConfiguration.self, from: Data(json.utf8))
        let error = #expect(throws: RewardError.self) { try configuration.validate() }
        guard case .invalid(let named, _, _) = error else {
            Issue.record("expected an invalid field, got \(String(describing: error))")
            return
        }
        #expect(named == field)
    }
}
