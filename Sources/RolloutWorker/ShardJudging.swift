internal import Dispatching
internal import Foundation
internal import Programs
internal import Protocol
internal import Rewards
internal import Transformer

/// Drafts in, trajectories out: every completion is judged by the executors and scored.
struct ShardJudging: Sendable {
    let client: ExecutionClient
    let rewards: RewardModel

    /// Judges all drafts at once; the result is in the order of the drafts.
    ///
    /// A program that could not be judged comes back with the verdict `infrastructure_failure` and no reward terms.
    func trajectories(_ drafts: [Draft], lease: WireRolloutLease) async throws -> [WireTrajectory] {
        let problems = try lease.problems.map { try $0.problem() }
        let priority = lease.purpose == .evaluation ? 2 : 1
        // The shard is of use only when all of its programs are judged.
        let group = (id: UInt64.random(in: 1...UInt64.max), size: drafts.count)
        return try await withThrowingTaskGroup(of: (Int, WireTrajectory).self) { tasks in
            for (index, draft) in drafts.enumerated() {
                let problem = problems[Int(draft.slot.problem)]
                tasks.addTask {
                    let maximum = Int(lease.sampling.maximumLength)
                    return (
                        index,
                        try await trajectory(
                            draft,
                            problem: problem,
                            lease: lease,
                            priority: priority,
                            group: group,
                            maximumLength: maximum
                        )
                    )
                }
            }
            var result = [WireTrajectory](repeating: WireTrajectory(), count: drafts.count)
            for try await (index, trajectory) in tasks { result[index] = trajectory }
            return result
        }
    }

    private func trajectory(
        _ draft: Draft,
        problem: Problem,
        lease: WireRolloutLease,
        priority: Int,
        group: (id: UInt64, size: Int),
        maximumLength: Int
    ) async throws -> WireTrajectory {
        var job = ExecutionJob(problem, program: problem.program(of: draft.text))
        job.options.coverage =
            lease.purpose == .training && rewards.configuration.maskUnexecuted
            && problem.language == .python
        let verdict = try await client.judge(job, priority: priority, group: group)
        let reward = rewards.breakdown(
            verdict: verdict,
            completion: draft.text,
            finished: draft.sequence.finished,
            problem: problem,
            length: CompletionLength(tokens: draft.sequence.tokens.count, maximum: maximumLength)
        )
        var wire = WireTrajectory()
        wire.slot = draft.slot.index
        wire.tokens = draft.sequence.tokens.map { UInt32(bitPattern: $0) }
        wire.behaviourLogProbabilities = draft.sequence.logProbabilities
        wire.referenceLogProbabilities = draft.referenceLogProbabilities
        wire.values = draft.sequence.values
        wire.entropies = draft.sequence.entropies
        wire.finished = draft.sequence.finished
        wire.text = Data(draft.text.utf8)
        wire.verdict = WireVerdict(verdict)
        if !reward.masked {
            wire.rewardTerms = reward.terms.map { term in
                var wire = WireRewardTerm()
                wire.name = term.name.rawValue
                wire.value = term.value
                wire.weight = term.weight
                return wire
            }
        }
        if !reward.masked { wire.tokenRewards = tokenPenalties(reward.penalties, tokenBytes: draft.tokenBytes) }
        if let supports = draft.sequence.supports {
            wire.supportCounts = supports.map { UInt32($0.count) }
            wire.supportIds = supports.flatMap { $0.map { UInt32(bitPattern: $0) } }
        }
        return wire
    }
}
