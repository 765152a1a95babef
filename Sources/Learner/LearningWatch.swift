internal import Telemetry
internal import PPO

/// Says why a run learns nothing, as far as its numbers show it.
///
/// A cause is told once it has held for ``patience`` iterations in a row, and not again before it has been gone.
package struct LearningWatch {
    /// Iterations in a row that a cause must hold.
    package static let patience = 5

    /// What can be wrong, with the metrics that show it.
    private enum Cause: CaseIterable {
        case equalRewards, flatGroups, noEnd, clipped, strongKL, infrastructure
    }

    private let configuration: RunConfiguration
    private var streaks: [Cause: Int] = [:]

    package init(configuration: RunConfiguration) { self.configuration = configuration }

    /// Takes in the metrics of an iteration.
    ///
    /// - Returns: sentences for people; empty when there is nothing to say.
    package mutating func notes(after metrics: [String: Double]) -> [String] {
        var notes: [String] = []
        for cause in Cause.allCases {
            guard let note = note(cause, metrics) else {
                streaks[cause] = 0
                continue
            }
            streaks[cause, default: 0] += 1
            if streaks[cause] == Self.patience { notes.append(note) }
        }
        return notes
    }

    private func note(_ cause: Cause, _ metrics: [String: Double]) -> String? {
        switch cause {
        case .equalRewards:
            guard let most = metrics["critic/score/max"], most == metrics["critic/score/min"] else { return nil }
            return
                "every completion earns \(fixed(most, digits: 3)): there is nothing to learn from. \(whyEqual(metrics))"
        case .flatGroups: return flatGroups(metrics)
        case .noEnd:
            guard let share = metrics["response_length/clip_ratio"], share >= 0.95 else { return nil }
            return "\(percent(share)) of the completions reach rollout.max_target_length "
                + "(\(configuration.rollout.maximumTargetLength)) without an end: give them more tokens, or warm up longer"
        case .clipped:
            guard let share = metrics["actor/pg_clipfrac"], share > 0.5 else { return nil }
            return "the clip removes the gradient of \(percent(share)) of the tokens: the policy moves too far in one "
                + "iteration. A smaller optimizer.learning_rate, fewer ppo.epochs, or ppo.target_kl"
        case .strongKL: return strongKL(metrics)
        case .infrastructure:
            guard let share = metrics["response/aborted_ratio"], share > 0.05 else { return nil }
            return "\(percent(share)) of the completions could not be judged and are not learnt from: ppocoder doctor"
        }
    }

    private func whyEqual(_ metrics: [String: Double]) -> String {
        if metrics["reward/compile_rate"] == 0 {
            return "None compiles: warm up longer, check the prompt format, or raise rollout.temperature"
        }
        if metrics["reward/pass_rate"] == 1 { return "All pass: the problems are too easy" }
        return
            "All fail alike: easier problems, data.prefix_share, or a reward with partial credit (reward.adaptive_weight)"
    }

    private func flatGroups(_ metrics: [String: Double]) -> String? {
        let prompts = Double(configuration.rollout.promptsPerStep)
        guard configuration.rollout.samplesPerPrompt > 1, let flat = metrics["rollout/flat_groups"],
            flat >= 0.9 * prompts, metrics["critic/score/max"] != metrics["critic/score/min"]
        else { return nil }
        return
            "the completions of \(Int(flat)) of \(Int(prompts)) prompts earn the same: comparing them teaches nothing. "
            + "More rollout.samples_per_prompt, a higher rollout.temperature or rollout.asp, or ppo.dynamic_sampling"
    }

    /// The penalty of a completion against what the scores differ by.
    private func strongKL(_ metrics: [String: Double]) -> String? {
        guard configuration.ppo.klPlacement == .reward, let beta = metrics["actor/reward_kl_penalty_coeff"],
            let kl = metrics["actor/reward_kl_per_trajectory"], let most = metrics["critic/score/max"],
            let least = metrics["critic/score/min"], most > least, beta * kl > (most - least) / 2
        else { return nil }
        return
            "the KL penalty of a completion (β \(fixed(beta, digits: 4)) × \(fixed(kl, digits: 2)) nats) is more than "
            + "half of what scores differ by: the policy is held at its start. A smaller ppo.kl_coefficient, or a larger "
            + "ppo.kl_target"
    }

    private func percent(_ share: Double) -> String { "\(fixed(100 * share, digits: 0)) %" }
}

/// Notices a policy that earns more without doing better.
package enum RewardHackingWatch {
    /// Least rise of the compile rate, or of the score, that calls for a look.
    private static let rise = 0.05
    /// Rise of what counts below which it has not risen.
    private static let flat = 0.01

    /// What the evaluations show, or nil.
    ///
    /// Looks at greedy completions of held-out problems, from the first evaluation to the last. What counts is the share
    /// that passes its tests, or, where there are no tests, the share that is the reference to the letter.
    package static func note(_ evaluations: [Int: EvaluationReport]) -> String? {
        guard let first = evaluations.min(by: { $0.key < $1.key })?.value,
            let last = evaluations.max(by: { $0.key < $1.key })?.value, evaluations.count > 1
        else { return nil }
        let hasTests = last.hasTests ?? true
        let before = hasTests ? first.greedyPass : first.greedyExact ?? 0
        let after = hasTests ? last.greedyPass : last.greedyExact ?? 0
        guard after - before < flat else { return nil }
        let counts = hasTests ? "pass@1" : "exact match"
        let stays = "while \(counts) went from \(percent(before)) to \(percent(after))"
        let advice = "The reward may be earned without solving the problems: look at generations/"
        if last.greedyCompile - first.greedyCompile >= rise {
            return
                "the compile rate rose from \(percent(first.greedyCompile)) to \(percent(last.greedyCompile)) \(stays). "
                + advice
        }
        if last.greedyScore - first.greedyScore >= rise {
            return
                "the score rose from \(fixed(first.greedyScore, digits: 3)) to \(fixed(last.greedyScore, digits: 3)) "
                + "\(stays). \(advice)"
        }
        return nil
    }

    private static func percent(_ share: Double) -> String { "\(fixed(100 * share, digits: 1)) %" }
}
