import Foundation
import PPO

/// What PyTorch computed for one ragged batch: `Tests/Fixtures/ppo/losses.json`, by `generate_ppo_fixtures.py`.
struct LossFixture: Decodable {
    struct Policy: Decodable {
        let loss: Double
        let gradients: [[Float]]
        let clipFraction: Double
        let approximateKl: Double
        let meanRatio: Double
        let maximumRatio: Double
    }
    struct Value: Decodable {
        let loss: Double
        let gradients: [[Float]]
        let clipFraction: Double
        let explainedVariance: Double
    }
    struct Entropy: Decodable {
        let coefficient: Float
        let logProbabilities: [[Float]]
        let entropies: [Float]
        let gradients: [[Float]]
    }
    let clipEpsilon: Float
    let valueClipEpsilon: Float
    let discount: Float
    let lambda: Float
    let beta: Float
    let scores: [Float]
    let behaviour: [[Float]]
    let current: [[Float]]
    let reference: [[Float]]
    let behaviourValues: [[Float]]
    let values: [[Float]]
    let rewards: [String: [[Float]]]
    let meanKl: [String: Double]
    let rawAdvantages: [[Float]]
    let returns: [[Float]]
    let advantages: [[Float]]
    let policy: Policy
    let value: Value
    let entropy: Entropy

    static func load() throws -> LossFixture {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Fixtures/ppo/losses.json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(LossFixture.self, from: data)
    }

    /// The trajectories of the batch.
    var trajectories: [ScoredTrajectory] {
        scores.indices.map { i in
            ScoredTrajectory(
                score: scores[i],
                behaviourLogProbabilities: behaviour[i],
                referenceLogProbabilities: reference[i],
                values: behaviourValues[i],
                isTruncated: i == 2,
                isIncluded: true
            )
        }
    }

    /// A configuration with the constants of the fixture.
    func configuration(_ estimator: KLEstimator) -> PPOConfiguration {
        var configuration = PPOConfiguration()
        configuration.clipEpsilon = clipEpsilon
        configuration.valueClipEpsilon = valueClipEpsilon
        configuration.discount = discount
        configuration.lambda = lambda
        configuration.klEstimator = estimator
        return configuration
    }
}

/// The largest |a − b| over ragged rows of the same shape; infinite when the shapes differ or a number is missing.
func difference(_ a: [[Float]], _ b: [[Float]]) -> Double {
    guard a.map(\.count) == b.map(\.count) else { return .infinity }
    let differences = zip(a.joined(), b.joined()).map { abs(Double($0) - Double($1)) }
    return differences.contains { $0.isNaN } ? .infinity : differences.max() ?? .infinity
}

/// The largest |a − b| relative to the largest |b|.
func relativeDifference(_ a: [[Float]], _ b: [[Float]]) -> Double {
    difference(a, b) / Double(b.joined().map(abs).max() ?? 0)
}
