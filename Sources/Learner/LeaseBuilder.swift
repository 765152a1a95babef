internal import Determinism
internal import Foundation
internal import Programs
internal import Protocol
internal import Tokenization

/// Makes the leases of a step: a pure function of the seed, the step and the weights' manifests.
struct LeaseBuilder: Sendable {
    let configuration: RunConfiguration
    let source: ProblemSource
    let tokenizer: Tokenizer
    let reference: WireWeightManifest

    /// Samples in one iteration.
    var slotCount: Int { configuration.rollout.promptsPerStep * configuration.rollout.samplesPerPrompt }

    /// The shards of iteration `step`, to be sampled with `weights`.
    func training(step: Int, weights: WireWeightManifest) -> [WireRolloutLease] {
        let rollout = configuration.rollout
        return shards(count: rollout.promptsPerStep, size: rollout.promptsPerShard) { shard, prompts in
            var lease = self.lease(.training, step: step, shard: shard, label: "", weights: weights)
            lease.sampling = sampling(greedy: false)
            for (local, prompt) in prompts.enumerated() {
                add(source.problem(step: step, prompt: prompt), to: &lease)
                addSamples(of: prompt, problem: local, to: &lease) { slot in
                    RandomKey(
                        seed: configuration.run.seed,
                        path: RandomPurpose.sampling,
                        UInt64(step),
                        UInt64(slot)
                    )
                }
            }
            return lease
        }
    }

    /// The label of the shards of a refill.
    static func refillLabel(_ round: Int) -> String { "refill-\(round)" }
    /// The label of the shards with the greedy completions of training prompts.
    static let greedyLabel = "greedy"

    /// Shards with new problems for the prompts of iteration `step` at the positions `prompts`.
    ///
    /// - Parameters:
    ///   - step: the iteration.
    ///   - round: which refill of the iteration, from 1.
    ///   - prompts: positions in the batch.
    ///   - weights: of the iteration.
    /// - Returns: the shards, whose slots are those of the prompts.
    func refill(step: Int, round: Int, prompts: [Int], weights: WireWeightManifest) -> [WireRolloutLease] {
        shards(count: prompts.count, size: configuration.rollout.promptsPerShard) { shard, range in
            let label = Self.refillLabel(round)
            var lease = self.lease(.training, step: step, shard: shard, label: label, weights: weights)
            lease.sampling = sampling(greedy: false)
            for (local, index) in range.enumerated() {
                add(source.refill(step: step, round: round, prompt: prompts[index]), to: &lease)
                addSamples(of: prompts[index], problem: local, to: &lease) { slot in
                    RandomKey(
                        seed: configuration.run.seed,
                        path: RandomPurpose.refill,
                        UInt64(step),
                        UInt64(round),
                        UInt64(slot)
                    )
                }
            }
            return lease
        }
    }

    /// Shards with one greedy completion for every prompt of iteration `step`; a slot is the number of its prompt.
    func greedy(step: Int, weights: WireWeightManifest) -> [WireRolloutLease] {
        let rollout = configuration.rollout
        return shards(count: rollout.promptsPerStep, size: rollout.promptsPerShard) { shard, prompts in
            var lease = self.lease(.training, step: step, shard: shard, label: Self.greedyLabel, weights: weights)
            lease.sampling = sampling(greedy: true)
            for (local, prompt) in prompts.enumerated() {
                add(source.problem(step: step, prompt: prompt), to: &lease)
                let key = RandomKey(seed: configuration.run.seed, path: RandomPurpose.evaluation, UInt64(prompt))
                add(slot: prompt, problem: local, key: key, to: &lease)
            }
            return lease
        }
    }

    private func addSamples(
        of prompt: Int,
        problem: Int,
        to lease: inout WireRolloutLease,
        key: (Int) -> RandomKey
    ) {
        let count = configuration.rollout.samplesPerPrompt
        for slot in prompt * count..<(prompt + 1) * count {
            add(slot: slot, problem: problem, key: key(slot), to: &lease)
        }
    }

    /// The shards of an evaluation after `step` iterations: one completion per held-out problem.
    ///
    /// The keys do not depend on the step, so that two evaluations differ by the weights only.
    func evaluation(step: Int, label: String, greedy: Bool, weights: WireWeightManifest) -> [WireRolloutLease] {
        let size = configuration.rollout.evaluationPromptsPerShard
        return shards(count: source.evaluation.count, size: size) { shard, prompts in
            var lease = self.lease(.evaluation, step: step, shard: shard, label: label, weights: weights)
            lease.sampling = sampling(greedy: greedy)
            for (local, index) in prompts.enumerated() {
                add(source.evaluation[index], to: &lease)
                let key = RandomKey(seed: configuration.run.seed, path: RandomPurpose.evaluation, UInt64(index))
                add(slot: index, problem: local, key: key, to: &lease)
            }
            return lease
        }
    }

    private func shards(
        count: Int,
        size: Int,
        _ make: (Int, Range<Int>) -> WireRolloutLease
    ) -> [WireRolloutLease] {
        stride(from: 0, to: count, by: size).enumerated().map { shard, first in
            make(shard, first..<min(first + size, count))
        }
    }

    private func lease(
        _ purpose: WirePurpose,
        step: Int,
        shard: Int,
        label: String,
        weights: WireWeightManifest
    ) -> WireRolloutLease {
        var lease = WireRolloutLease()
        lease.purpose = purpose
        lease.step = UInt64(step)
        lease.shard = UInt32(shard)
        lease.label = label
        lease.weights = weights
        lease.weightsDigest = weights.digest
        lease.reference = reference
        lease.referenceDigest = reference.digest
        lease.durationSeconds = configuration.cluster.leaseSeconds
        return lease
    }

    private func sampling(greedy: Bool) -> WireSamplingSettings {
        let rollout = configuration.rollout
        var settings = WireSamplingSettings()
        settings.temperature = rollout.temperature
        settings.topK = greedy ? 0 : UInt32(rollout.asp)
        settings.topP = greedy ? 1 : rollout.topP
        settings.greedy = greedy
        settings.minimumLength = UInt32(rollout.minimumTargetLength)
        settings.maximumLength = UInt32(rollout.maximumTargetLength)
        return settings
    }

    private func add(_ problem: Problem, to lease: inout WireRolloutLease) {
        var ids = WireTokenIDs()
        ids.ids = tokenizer.encodePrompt(of: problem, maximumLength: configuration.data.maximumSourceLength)
            .map { UInt32(bitPattern: $0) }
        lease.sources.append(ids)
        lease.problems.append(WireProblem(problem))
    }

    private func add(slot: Int, problem: Int, key: RandomKey, to lease: inout WireRolloutLease) {
        var wire = WireRolloutLease.Slot()
        wire.index = UInt32(slot)
        wire.problem = UInt32(problem)
        wire.keyHigh = key.high
        wire.keyLow = key.low
        lease.slots.append(wire)
    }
}
