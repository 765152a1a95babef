import Foundation
import PPO

/// What PyTorch computed for groups of three completions: `algorithms.json`, by `generate_algorithm_fixtures.py`.
struct AlgorithmFixture: Decodable {
    struct Loss: Decodable {
        let loss: Double
        let gradients: [[Float]]
    }
    let group: Int
    let beta: Float
    let discount: Float
    let lambda: Float
    let value_lambda: Float
    let low: Float
    let high: Float
    let dual: Float
    let cap: Float
    let limit: Int
    let scores: [Float]
    let greedy: [Float]
    let behaviour: [[Float]]
    let proximal: [[Float]]
    let current: [[Float]]
    let reference: [[Float]]
    let values: [[Float]]
    let surrogate_advantages: [[Float]]
    let advantages: [String: [[Float]]]
    let returns: [[Float]]
    let surrogates: [String: Loss]
    let decoupled: Loss
    let truncated: Loss
    let kl: [String: Loss]
    let normalized_scores: [Float]

    static func load() throws -> AlgorithmFixture {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Fixtures/ppo/algorithms.json"))
        return try JSONDecoder().decode(AlgorithmFixture.self, from: data)
    }

    var groups: [[Int]] { stride(from: 0, to: scores.count, by: group).map { Array($0..<$0 + group) } }
    var lengths: [Int] { behaviour.map(\.count) }

    var trajectories: [ScoredTrajectory] {
        scores.indices.map { i in
            var trajectory = ScoredTrajectory(
                score: scores[i],
                behaviourLogProbabilities: behaviour[i],
                referenceLogProbabilities: reference[i],
                values: values[i],
                isTruncated: i == 1,
                isIncluded: true
            )
            trajectory.greedyScore = greedy[i]
            return trajectory
        }
    }

    func configuration(_ estimator: AdvantageEstimator) -> PPOConfiguration {
        var configuration = PPOConfiguration()
        configuration.advantageEstimator = estimator
        configuration.discount = discount
        configuration.lambda = lambda
        configuration.valueLambda = value_lambda
        configuration.whitenAdvantages = false
        return configuration
    }

    /// Loss and gradients of all trajectories.
    func surrogate(
        old: [[Float]],
        weights: [[Float]]? = nil,
        aggregation: LossAggregation,
        clip: ClipRange
    ) -> (loss: Double, gradients: [[Float]]) {
        let normalizers = lossWeights(lengths: lengths, aggregation: aggregation, maximumLength: limit)
        var loss = 0.0
        let gradients = current.indices.map { i in
            let (row, denominator, advantages) = (current[i], old[i], surrogate_advantages[i])
            let (gradients, statistics) = clippedSurrogate(
                logProbabilities: row.span,
                behaviourLogProbabilities: denominator.span,
                advantages: advantages.span,
                weights: weights?[i] ?? [],
                clip: clip,
                normalizer: normalizers[i]
            )
            loss += statistics.loss
            return gradients
        }
        return (loss, gradients)
    }
}
