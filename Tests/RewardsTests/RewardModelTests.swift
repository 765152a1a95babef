import CodeAnalysis
import Foundation
import Programs
import Rewards
import Testing

/// What each kind of completion earns, case by case.
struct RewardModelTests {
    private let model: RewardModel
    private static let gold = "def f(a):\n    b = a + 1\n    return b\n"

    init() throws { model = try RewardModel(configuration: RewardConfiguration(), analyzer: CodeAnalyzer()) }

    private func problem(tests: Bool = true, reference: String = gold, language: Language = .python) -> Problem {
        Problem(
            id: "p",
            prompt: "add one",
            language: language,
            tests: tests ? [.assert(code: "assert f(1) == 2")] : [],
            reference: reference
        )
    }

    @Test(arguments: [
        (Verdict.Outcome.accepted, 1.0), (.wrongAnswer, -0.3), (.runtimeError, -0.6), (.timeLimit, -0.6),
        (.memoryLimit, -0.6), (.outputLimit, -0.6), (.compileError, -1),
    ])
    func outcomesOfUnitTestsEarnThePapersValues(outcome: Verdict.Outcome, value: Double) {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: outcome),
            completion: Self.gold,
            finished: true,
            problem: problem()
        )
        #expect(breakdown.value(of: .execution) == value)
        #expect(breakdown.score == value + 1 + 1)
        #expect(breakdown.passed == (outcome == .accepted))
        #expect(breakdown.compiled == (outcome != .compileError))
    }

    @Test(arguments: [(Verdict.Outcome.accepted, 1.0), (.compileError, -1), (.timeLimit, -1)])
    func withoutTestsOnlyCompilingCounts(outcome: Verdict.Outcome, value: Double) {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: outcome),
            completion: Self.gold,
            finished: true,
            problem: problem(tests: false)
        )
        #expect(breakdown.value(of: .execution) == value)
        #expect(breakdown.passed == (outcome == .accepted))
        #expect(breakdown.compiled == (outcome == .accepted))
    }

    @Test func theTermsAreTheOnesWorkedByHand() {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: .wrongAnswer),
            completion: "def f(a):\n    b = a\n    return b\n",
            finished: true,
            problem: problem()
        )
        #expect(breakdown.terms.map(\.name) == [.execution, .ast, .dataFlow])
        #expect(breakdown.terms.map(\.value) == [-0.3, 0.25, 0.4])
        #expect(abs((breakdown.score ?? .nan) - 0.35) < 1e-15)
    }

    @Test(arguments: ["", "  \n\t\n", "# return a + 1\n", "\"\"\"return a + 1\"\"\"\n"])
    func anEmptyProgramIsACompileErrorWhateverTheCompilerSays(code: String) {
        for hasTests in [true, false] {
            let breakdown = model.breakdown(
                verdict: Verdict(outcome: .accepted),
                completion: code,
                finished: true,
                problem: problem(tests: hasTests)
            )
            #expect(breakdown.score == -1)
            #expect(breakdown.value(of: .ast) == 0)
            #expect(breakdown.value(of: .dataFlow) == 0)
            #expect(!breakdown.passed)
            #expect(!breakdown.compiled)
        }
    }

    @Test func aCutCompletionIsNeverAccepted() {
        let cut = model.breakdown(
            verdict: Verdict(outcome: .accepted),
            completion: Self.gold,
            finished: false,
            problem: problem()
        )
        #expect(cut.value(of: .execution) == -1)
        #expect(!cut.passed)
        let wrong = model.breakdown(
            verdict: Verdict(outcome: .wrongAnswer),
            completion: Self.gold,
            finished: false,
            problem: problem()
        )
        #expect(wrong.value(of: .execution) == -0.3)
    }

    @Test func aFailureOfTheClusterIsMaskedAndHasNoNumber() {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: .infrastructureFailure),
            completion: Self.gold,
            finished: true,
            problem: problem()
        )
        #expect(breakdown.masked)
        #expect(breakdown.score == nil)
        #expect(breakdown.terms.isEmpty)
        #expect(!breakdown.passed)
    }

    @Test func withoutAReferenceTheStructuralTermsAreZero() {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: .accepted),
            completion: Self.gold,
            finished: true,
            problem: problem(reference: "")
        )
        #expect(breakdown.terms.map(\.value) == [1, 0, 0])
    }

    @Test func aReferenceWithoutDataFlowHasNoSuchTerm() {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: .accepted),
            completion: "pass\n",
            finished: true,
            problem: problem(reference: "pass\n")
        )
        #expect(breakdown.terms.map(\.name) == [.execution, .ast])
        #expect(breakdown.score == 2)
    }

    @Test func weightsMultiplyAndZeroLeavesATermOut() throws {
        var configuration = RewardConfiguration()
        configuration.executionWeight = 2
        configuration.astWeight = 0
        configuration.dataFlowWeight = 0.5
        let model = try RewardModel(configuration: configuration, analyzer: CodeAnalyzer())
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: .accepted),
            completion: Self.gold,
            finished: true,
            problem: problem()
        )
        #expect(breakdown.terms.map(\.name) == [.execution, .dataFlow])
        #expect(breakdown.score == 2.5)
    }

    @Test func aBreakdownSurvivesJSON() throws {
        let breakdown = model.breakdown(
            verdict: Verdict(outcome: .wrongAnswer),
            completion: Self.gold,
            finished: true,
            problem: problem()
        )
        for value in [breakdown, .infrastructureFailure] {
            let data = try JSONEncoder().encode(value)
            #expect(try JSONDecoder().decode(RewardBreakdown.self, from: data) == value)
        }
    }
}
