internal import Datasets
internal import Foundation
internal import Programs

/// One recorded trajectory: a line of `rollouts.jsonl`.
///
/// `{"step","slot","problem_id","source_ids","tokens","logprobs","reference_logprobs","values","entropies","supports",
/// "finished","text","verdict":{…},"reward_terms":[{"name","value","weight"}],"token_rewards","idle_tokens","version",
/// "greedy_score","masked"}`; `supports` is absent when nothing limited the action space, `token_rewards` when no token
/// earned anything itself, `idle_tokens` when every line was executed, `greedy_score` when nobody asked for it.
package struct ReplayRow: Sendable, Codable {
    /// The iteration that learnt from the trajectory, counted from 0.
    package var step: Int
    package var trajectory: Trajectory

    package init(step: Int, trajectory: Trajectory) {
        self.step = step
        self.trajectory = trajectory
    }

    private enum CodingKeys: String, CodingKey {
        case step, slot, tokens, values, entropies, supports, finished, text, verdict, masked
        case problemID = "problem_id"
        case source = "source_ids"
        case behaviour = "logprobs"
        case reference = "reference_logprobs"
        case rewardTerms = "reward_terms"
        case tokenRewards = "token_rewards"
        case idleTokens = "idle_tokens"
        case greedyScore = "greedy_score"
        case version
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        step = try fields.decode(Int.self, forKey: .step)
        let terms = try fields.decode([Trajectory.Term].self, forKey: .rewardTerms)
        trajectory = Trajectory(
            slot: try fields.decode(Int.self, forKey: .slot),
            problemID: try fields.decode(String.self, forKey: .problemID),
            source: try fields.decode([Int32].self, forKey: .source),
            tokens: try fields.decode([Int32].self, forKey: .tokens),
            behaviourLogProbabilities: try fields.decode([Float].self, forKey: .behaviour),
            referenceLogProbabilities: try fields.decode([Float].self, forKey: .reference),
            values: try fields.decode([Float].self, forKey: .values),
            entropies: try fields.decode([Float].self, forKey: .entropies),
            supports: try fields.decodeIfPresent([[Int32]].self, forKey: .supports),
            finished: try fields.decode(Bool.self, forKey: .finished),
            text: try fields.decode(String.self, forKey: .text),
            verdict: try fields.decode(Verdict.self, forKey: .verdict),
            rewardTerms: terms,
            tokenRewards: try fields.decodeIfPresent([Float].self, forKey: .tokenRewards) ?? [],
            // The sum that the run itself took, in the same order.
            score: terms.reduce(0) { $0 + $1.value * $1.weight },
            masked: try fields.decode(Bool.self, forKey: .masked)
        )
        trajectory.idleTokens = try fields.decodeIfPresent([Int].self, forKey: .idleTokens) ?? []
        trajectory.version = try fields.decodeIfPresent(Int.self, forKey: .version) ?? step
        trajectory.greedyScore = try fields.decodeIfPresent(Double.self, forKey: .greedyScore)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(step, forKey: .step)
        try fields.encode(trajectory.slot, forKey: .slot)
        try fields.encode(trajectory.problemID, forKey: .problemID)
        try fields.encode(trajectory.source, forKey: .source)
        try fields.encode(trajectory.tokens, forKey: .tokens)
        try fields.encode(trajectory.behaviourLogProbabilities, forKey: .behaviour)
        try fields.encode(trajectory.referenceLogProbabilities, forKey: .reference)
        try fields.encode(trajectory.values, forKey: .values)
        try fields.encode(trajectory.entropies, forKey: .entropies)
        try fields.encodeIfPresent(trajectory.supports, forKey: .supports)
        try fields.encode(trajectory.finished, forKey: .finished)
        try fields.encode(trajectory.text, forKey: .text)
        try fields.encode(trajectory.verdict, forKey: .verdict)
        try fields.encode(trajectory.rewardTerms, forKey: .rewardTerms)
        if !trajectory.tokenRewards.isEmpty { try fields.encode(trajectory.tokenRewards, forKey: .tokenRewards) }
        if !trajectory.idleTokens.isEmpty { try fields.encode(trajectory.idleTokens, forKey: .idleTokens) }
        try fields.encode(trajectory.version, forKey: .version)
        try fields.encodeIfPresent(trajectory.greedyScore, forKey: .greedyScore)
        try fields.encode(trajectory.masked, forKey: .masked)
    }

    /// The first field that does not fit the others or the vocabulary, and what was expected there; nil when all do.
    package func problem(vocabularySize: Int) -> (field: String, expected: String)? {
        let row = trajectory
        if step < 0 { return ("step", "0 or more; found \(step)") }
        if row.slot < 0 { return ("slot", "0 or more; found \(row.slot)") }
        if row.source.isEmpty { return ("source_ids", "at least one token id") }
        if row.tokens.isEmpty, !row.masked { return ("tokens", "at least one token id") }
        let vocabulary = 0..<Int32(vocabularySize)
        let ids = [
            ("source_ids", row.source), ("tokens", row.tokens), ("supports", Array((row.supports ?? []).joined())),
        ]
        for (field, ids) in ids {
            if let id = ids.first(where: { !vocabulary.contains($0) }) {
                return (field, "token ids from 0 to \(vocabularySize - 1); found \(id)")
            }
        }
        let lists = [
            ("logprobs", row.behaviourLogProbabilities), ("reference_logprobs", row.referenceLogProbabilities),
            ("values", row.values), ("entropies", row.entropies),
        ]
        for (field, list) in lists {
            if list.count != row.tokens.count {
                return (field, "one number per token (\(row.tokens.count)); found \(list.count)")
            }
            if list.contains(where: { !$0.isFinite }) { return (field, "finite numbers") }
        }
        if let supports = row.supports, supports.count != row.tokens.count {
            return ("supports", "one list per token (\(row.tokens.count)); found \(supports.count)")
        }
        if !row.tokenRewards.isEmpty, row.tokenRewards.count != row.tokens.count {
            return ("token_rewards", "one number per token (\(row.tokens.count)); found \(row.tokenRewards.count)")
        }
        if row.tokenRewards.contains(where: { !$0.isFinite }) { return ("token_rewards", "finite numbers") }
        if let token = row.idleTokens.first(where: { !row.tokens.indices.contains($0) }) {
            return ("idle_tokens", "positions of tokens, 0 to \(row.tokens.count - 1); found \(token)")
        }
        if !row.score.isFinite { return ("reward_terms", "finite numbers") }
        return nil
    }
}

extension Trajectory {
    /// A trajectory that no program was run for: one reward term, and the verdict that goes with it.
    package init(
        slot: Int,
        source: [Int32],
        tokens: [Int32],
        logProbabilities: [Float],
        values: [Float],
        entropies: [Float],
        finished: Bool,
        score: Double
    ) {
        self.init(
            slot: slot,
            problemID: "",
            source: source,
            tokens: tokens,
            behaviourLogProbabilities: logProbabilities,
            referenceLogProbabilities: logProbabilities,
            values: values,
            entropies: entropies,
            supports: nil,
            finished: finished,
            text: "",
            verdict: Verdict(outcome: score > 0 ? .accepted : .wrongAnswer),
            rewardTerms: [Term(name: "score", value: score, weight: 1)],
            score: score,
            masked: false
        )
    }
}
