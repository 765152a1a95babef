import CodeAnalysis
import Foundation
import Programs
import Rewards
import Testing

/// What may be configured, and what is refused.
struct RewardConfigurationTests {
    @Test func theDefaultsAreValidAndArePapers() throws {
        let configuration = RewardConfiguration()
        try configuration.validate()
        #expect(configuration.accepted == 1)
        #expect(configuration.wrongAnswer == -0.3)
        #expect(configuration.runtimeError == -0.6)
        #expect(configuration.compileError == -1)
    }

    @Test func aFileMayNameSomeFieldsOnly() throws {
        let data = Data(#"{"ast_weight": 0.25, "wrong_answer": 0}"#.utf8)
        let configuration = try JSONDecoder().decode(RewardConfiguration.self, from: data)
        var expected = RewardConfiguration()
        expected.astWeight = 0.25
        expected.wrongAnswer = 0
        #expect(configuration == expected)
    }

    @Test(arguments: [
        (#"{"ast_weight": -1}"#, "ast_weight"), (#"{"wrong_answer": 2}"#, "wrong_answer"),
        (#"{"compile_error": 0.5}"#, "compile_error"), (#"{"does_not_compile": 1}"#, "compiles"),
        (#"{"accepted": -0.3}"#, "accepted"),
    ])
    func aValueThatMakesNoSenseIsRefusedByName(json: String, field: String) throws {
        let configuration = try JSONDecoder().decode(RewardConfiguration.self, from: Data(json.utf8))
        let error = #expect(throws: RewardError.self) { try configuration.validate() }
        guard case .invalid(let named, _, _) = error else {
            Issue.record("expected an invalid field, got \(String(describing: error))")
            return
        }
        #expect(named == field)
        #expect(throws: RewardError.self) { try RewardModel(configuration: configuration, analyzer: nil) }
    }

    @Test func structuralWeightsNeedAnAnalyzer() throws {
        #expect(throws: RewardError.analyzerNeeded(field: "ast_weight")) {
            try RewardModel(configuration: RewardConfiguration(), analyzer: nil)
        }
        var configuration = RewardConfiguration()
        configuration.astWeight = 0
        configuration.dataFlowWeight = 0
        let model = try RewardModel(configuration: configuration, analyzer: nil)
        let problem = Problem(id: "p", prompt: "", language: .cpp, tests: [], reference: "int main() {}")
        let comment = model.breakdown(
            verdict: Verdict(outcome: .accepted),
            completion: "// int main() {}\n/* int main() {} */",
            finished: true,
            problem: problem
        )
        #expect(comment.score == -1)
        let program = model.breakdown(
            verdict: Verdict(outcome: .accepted),
            completion: "// main\nint main() {}",
            finished: true,
            problem: problem
        )
        #expect(program.score == 1)
    }
}
