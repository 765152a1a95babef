internal import Foundation
internal import Programs

/// How one version of the policy does on the held-out problems.
package struct EvaluationReport: Sendable, Codable, Equatable {
    /// Share of problems whose one greedy completion is accepted.
    package var greedyPass: Double
    /// Share of problems whose one sampled completion is accepted: an unbiased estimate of pass@1.
    package var sampledPass: Double
    package var greedyCompile: Double
    package var sampledCompile: Double
    package var greedyScore: Double
    package var sampledScore: Double
    /// Problems whose completion could be judged.
    package var problems: Int
    /// Share of problems with a reference whose greedy completion is the reference, but for white space at its ends; nil
    /// without references.
    package var greedyExact: Double?
    /// Mean length of a completion, tokens with the end-of-sequence token; nil in reports of older checkpoints.
    package var greedyLength: Double?
    package var sampledLength: Double?
    /// Whether the problems have tests; without them passing is compiling.
    package var hasTests: Bool?

    /// - Parameters:
    ///   - greedy: one greedy completion per problem, in slot order.
    ///   - sampled: one sampled completion per problem.
    ///   - held: the problems by slot.
    init(greedy: [Trajectory], sampled: [Trajectory], of held: [Problem] = []) {
        func share(_ rows: [Trajectory], _ holds: (Trajectory) -> Bool) -> Double {
            let judged = rows.filter { !$0.masked }
            return judged.isEmpty ? 0 : Double(judged.count(where: holds)) / Double(judged.count)
        }
        func mean(_ rows: [Trajectory], _ value: (Trajectory) -> Double) -> Double {
            let judged = rows.filter { !$0.masked }
            return judged.isEmpty ? 0 : judged.reduce(0) { $0 + value($1) } / Double(judged.count)
        }
        greedyPass = share(greedy, \.passed)
        sampledPass = share(sampled, \.passed)
        greedyCompile = share(greedy, \.compiled)
        sampledCompile = share(sampled, \.compiled)
        greedyScore = mean(greedy) { Double($0.score) }
        sampledScore = mean(sampled) { Double($0.score) }
        greedyLength = mean(greedy) { Double($0.tokens.count) }
        sampledLength = mean(sampled) { Double($0.tokens.count) }
        problems = greedy.count { !$0.masked }
        hasTests = held.isEmpty ? nil : held.contains { !$0.tests.isEmpty }
        let comparable = greedy.filter {
            !$0.masked && held.indices.contains($0.slot) && !held[$0.slot].reference.isEmpty
        }
        func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
        greedyExact =
            comparable.isEmpty ? nil : share(comparable) { trimmed($0.text) == trimmed(held[$0.slot].target) }
    }

    /// The figures under their metric names.
    package var metrics: [String: Double] {
        var metrics = [
            "val/greedy/pass@1": greedyPass, "val/sampled/pass@1": sampledPass,
            "val/greedy/compile_rate": greedyCompile, "val/sampled/compile_rate": sampledCompile,
            "val/greedy/score": greedyScore, "val/sampled/score": sampledScore,
        ]
        metrics["val/greedy/exact_match"] = greedyExact
        metrics["val/greedy/response_length"] = greedyLength
        metrics["val/sampled/response_length"] = sampledLength
        metrics["val/problems"] = Double(problems)
        return metrics
    }
}

/// What one batch of trajectories says about the policy and the executors, beside the PPO figures.
func rolloutMetrics(_ trajectories: [Trajectory]) -> [String: Double] {
    let judged = trajectories.filter { !$0.masked }
    var metrics: [String: Double] = [
        "executor/infra_error_rate": Double(trajectories.count - judged.count) / Double(max(1, trajectories.count)),
        "executor/masked_samples": Double(trajectories.count - judged.count),
        "perf/total_num_tokens": Double(trajectories.reduce(0) { $0 + $1.tokens.count }),
        "prompt_length/mean": Double(trajectories.reduce(0) { $0 + $1.source.count })
            / Double(max(1, trajectories.count)),
    ]
    guard !judged.isEmpty else { return metrics }
    let count = Double(judged.count)
    metrics["reward/pass_rate"] = Double(judged.count(where: \.passed)) / count
    metrics["reward/compile_rate"] = Double(judged.count(where: \.compiled)) / count
    for outcome in Verdict.Outcome.allCases where outcome != .infrastructureFailure {
        let share = Double(judged.count { $0.verdict.outcome == outcome }) / count
        metrics["executor/verdict/\(outcome.rawValue)_rate"] = share
    }
    let names = Set(judged.flatMap { $0.rewardTerms.map(\.name) })
    for name in names {
        let values = judged.compactMap { row in row.rewardTerms.first { $0.name == name }?.value }
        let metric = ["ast": "ast_match", "dfg": "dataflow_match"][name, default: name]
        metrics["reward/\(metric)/mean"] = values.reduce(0, +) / Double(values.count)
    }
    let tokens = judged.reduce(0) { $0 + $1.tokens.count }
    metrics["actor/rollout_entropy"] =
        judged.reduce(0) { $0 + $1.entropies.reduce(0) { $0 + Double($1) } } / Double(max(1, tokens))
    return metrics
}
