package import Programs

/// One completion with everything the learner needs to learn from it.
///
/// Ragged: arrays are as long as the completion.
package struct Trajectory: Sendable, Codable {
    /// Position in the iteration's batch: prompt index · samples per prompt + sample index.
    package var slot: Int
    package var problemID: String
    /// Prompt token ids, as the encoder reads them.
    package var source: [Int32]
    /// Completion token ids, shape `[T]`, the end-of-sequence token included when there is one.
    package var tokens: [Int32]
    /// log π_behaviour of each token, shape `[T]`, of the distribution really sampled from.
    package var behaviourLogProbabilities: [Float]
    /// log π_ref of each token, shape `[T]`.
    package var referenceLogProbabilities: [Float]
    /// V(sₜ) at behaviour time, shape `[T]`.
    package var values: [Float]
    /// Entropy of the sampled distribution at each token, shape `[T]`, nats.
    package var entropies: [Float]
    /// Token ids that could be sampled at each step, when top-k or top-p was on.
    package var supports: [[Int32]]?
    /// Ended with the end-of-sequence token rather than at the length limit.
    package var finished: Bool
    package var text: String
    package var verdict: Verdict
    package var rewardTerms: [Term]
    /// What each token earned itself, as fine-grained feedback does, shape `[T]`; empty when none did.
    package var tokenRewards: [Float] = []
    /// Tokens of lines that no test executed, ascending: the policy is not trained on them.
    package var idleTokens: [Int] = []
    /// Iterations that made the weights which sampled the completion.
    package var version = 0
    /// Score of the greedy completion of the same prompt with the same weights, where it was asked for.
    package var greedyScore: Double?
    /// Weighted sum of the reward terms.
    package var score: Double
    /// The verdict is an infrastructure failure: the trajectory is left out of loss and statistics.
    package var masked: Bool

    /// One reward term by name.
    package struct Term: Sendable, Codable {
        package var name: String
        package var value: Double
        package var weight: Double
    }

    /// All tests passed, or the program compiles when there are no tests.
    package var passed: Bool { verdict.outcome == .accepted && finished }
    /// The program compiles.
    package var compiled: Bool { verdict.outcome != .compileError && verdict.outcome != .infrastructureFailure }
}
