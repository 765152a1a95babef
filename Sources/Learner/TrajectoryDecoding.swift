internal import Foundation
internal import Programs
internal import Protocol
internal import Rewards
internal import Tokenization

extension Trajectory {
    /// A trajectory as it came from a worker, with the prompt of the lease it answers.
    ///
    /// - Parameters:
    ///   - wire: what the worker sent.
    ///   - lease: the lease it answers.
    ///   - tokenizer: finds the tokens of lines that were not executed; nil when none are to be left out.
    /// - Throws: `ProtocolError` naming the field that does not fit.
    init(_ wire: WireTrajectory, lease: WireRolloutLease, tokenizer: Tokenizer? = nil) throws(ProtocolError) {
        guard let slot = lease.slots.first(where: { $0.index == wire.slot }) else {
            throw .invalidField(field: "trajectory.slot", expected: "a slot of the lease", found: "\(wire.slot)")
        }
        self.slot = Int(wire.slot)
        problemID = lease.problems[Int(slot.problem)].id
        source = lease.sources[Int(slot.problem)].ids.map { Int32(bitPattern: $0) }
        tokens = wire.tokens.map { Int32(bitPattern: $0) }
        behaviourLogProbabilities = wire.behaviourLogProbabilities
        referenceLogProbabilities = wire.referenceLogProbabilities
        values = wire.values
        entropies = wire.entropies
        supports = Self.supports(of: wire)
        finished = wire.finished
        text = String(decoding: wire.text, as: UTF8.self)
        verdict = try wire.verdict.verdict("trajectory.verdict")
        rewardTerms = wire.rewardTerms.map { Term(name: $0.name, value: $0.value, weight: $0.weight) }
        tokenRewards = wire.tokenRewards
        version = Int(lease.weights.version)
        score = rewardTerms.reduce(0) { $0 + $1.value * $1.weight }
        masked = verdict.outcome == .infrastructureFailure
        if let tokenizer, let executed = verdict.executedLines, !masked {
            idleTokens = Rewards.idleTokens(
                tokenBytes: tokens.map { tokenizer.decodeBytes([$0]) },
                preamble: lease.problems[Int(slot.problem)].preamble,
                executedLines: executed
            )
        }
    }

    /// One list of ids per token; a count of 0 means the whole vocabulary.
    private static func supports(of wire: WireTrajectory) -> [[Int32]]? {
        guard !wire.supportCounts.isEmpty else { return nil }
        var supports: [[Int32]] = []
        var start = 0
        for count in wire.supportCounts {
            supports.append(wire.supportIds[start..<start + Int(count)].map { Int32(bitPattern: $0) })
            start += Int(count)
        }
        return supports
    }
}

/// All trajectories of a batch in slot order.
func trajectories(
    of results: [(lease: WireRolloutLease, result: WireShardResult)],
    tokenizer: Tokenizer? = nil
) throws -> [Trajectory] {
    try results.flatMap { pair in
        try pair.result.trajectories.map { try Trajectory($0, lease: pair.lease, tokenizer: tokenizer) }
    }.sorted { $0.slot < $1.slot }
}
