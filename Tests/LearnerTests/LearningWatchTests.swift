import Foundation
import Learner
import Testing

struct LearningWatchTests {
    private func notes(_ metrics: [String: Double], iterations: Int = LearningWatch.patience) -> [String] {
        var configuration = RunConfiguration()
        configuration.rollout.promptsPerStep = 10
        var watch = LearningWatch(configuration: configuration)
        return (0..<iterations).flatMap { _ in watch.notes(after: metrics) }
    }

    private let healthy = [
        "critic/score/max": 1.0, "critic/score/min": -1, "response_length/clip_ratio": 0.1, "actor/pg_clipfrac": 0.1,
        "actor/reward_kl_penalty_coeff": 0.1, "actor/reward_kl_per_trajectory": 2, "rollout/flat_groups": 3,
    ]

    @Test func aHealthyRunIsLeftInPeace() {
        #expect(notes(healthy, iterations: 50) == [])
    }

    @Test(
        arguments: [
            (["critic/score/min": 1.0, "reward/compile_rate": 0], "None compiles"),
            (["critic/score/min": 1, "reward/pass_rate": 1], "too easy"),
            (["critic/score/min": 1, "reward/pass_rate": 0], "partial credit"),
            (["response_length/clip_ratio": 0.97], "without an end"),
            (["actor/pg_clipfrac": 0.6], "60 % of the tokens"),
            (["actor/reward_kl_per_trajectory": 11], "ppo.kl_coefficient"),
            (["rollout/flat_groups": 9], "9 of 10 prompts"),
            (["response/aborted_ratio": 0.2], "ppocoder doctor"),
        ]
    )
    func theLikelyCauseIsNamedOnce(change: [String: Double], expected: String) {
        let metrics = healthy.merging(change) { $1 }
        #expect(notes(metrics, iterations: LearningWatch.patience - 1) == [])
        let found = notes(metrics, iterations: 20)
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    private func evaluations(_ second: [String: Any]) throws -> [Int: EvaluationReport] {
        var fields: [String: Any] = [
            "greedyPass": 0.5, "sampledPass": 0.5, "greedyCompile": 0.6, "sampledCompile": 0.6, "greedyScore": 0.1,
            "sampledScore": 0.1, "problems": 100, "greedyExact": 0.3, "hasTests": true,
        ]
        func report() throws -> EvaluationReport {
            try JSONDecoder().decode(EvaluationReport.self, from: JSONSerialization.data(withJSONObject: fields))
        }
        let first = try report()
        fields.merge(second) { $1 }
        return [0: first, 10: try report()]
    }

    @Test func moreCompilingWithoutMorePassingIsFlagged() throws {
        let flagged = try #require(RewardHackingWatch.note(evaluations(["greedyCompile": 0.9])))
        #expect(flagged.contains("60.0 % to 90.0 %") && flagged.contains("pass@1"))
        #expect(RewardHackingWatch.note(try evaluations(["greedyCompile": 0.9, "greedyPass": 0.6])) == nil)
        #expect(RewardHackingWatch.note(try evaluations(["greedyScore": 0.3]))?.contains("score rose") == true)
        #expect(RewardHackingWatch.note(try evaluations([:])) == nil)
    }

    /// Without tests passing is compiling, and only the reference can tell.
    @Test func withoutTestsExactMatchCounts() throws {
        let hacked: [String: Any] = ["greedyCompile": 0.9, "greedyPass": 0.9, "hasTests": false]
        #expect(RewardHackingWatch.note(try evaluations(hacked))?.contains("exact match") == true)
        #expect(RewardHackingWatch.note(try evaluations(hacked.merging(["greedyExact": 0.4]) { $1 })) == nil)
    }
}
