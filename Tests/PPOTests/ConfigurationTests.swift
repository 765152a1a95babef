import Foundation
import PPO
import Testing

struct ConfigurationTests {
    @Test func defaultsAreLegal() throws {
        try PPOConfiguration().validate()
    }

    @Test func absentKeysKeepTheirDefaults() throws {
        let text = #"{"clip_epsilon": 0.1, "kl_estimator": "k3", "target_kl": 0.02}"#
        let configuration = try JSONDecoder().decode(PPOConfiguration.self, from: Data(text.utf8))
        var expected = PPOConfiguration()
        expected.clipEpsilon = 0.1
        expected.klEstimator = .k3
        expected.targetKL = 0.02
        #expect(configuration == expected)
    }

    @Test func everyFieldSurvivesARoundTripUnderASnakeCaseName() throws {
        var configuration = PPOConfiguration()
        configuration.clipEpsilon = 0.11
        configuration.valueClipEpsilon = 0.12
        configuration.discount = 0.13
        configuration.lambda = 0.14
        configuration.epochs = 15
        configuration.minibatchSize = 17
        configuration.valueCoefficient = 0.18
        configuration.klCoefficient = 0.19
        configuration.klTarget = 0.21
        configuration.klHorizon = 0.22
        configuration.adaptiveKL = false
        configuration.klEstimator = .k2
        configuration.entropyCoefficient = 0.23
        configuration.whitenAdvantages = false
        configuration.criticWarmupSteps = 24
        configuration.targetKL = 0.25
        configuration.maximumGradientNorm = 0.26
        configuration.advantageEstimator = .rloo
        configuration.clipEpsilonHigh = 0.27
        configuration.dualClip = 3
        configuration.lossAggregation = .constantLength
        configuration.valueLambda = 0.28
        configuration.klPlacement = .loss
        configuration.rewardNormalization = .running
        configuration.dynamicSampling = true
        configuration.maskTruncated = true
        configuration.offPolicy = .truncated
        configuration.importanceCap = 5
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(PPOConfiguration.self, from: data) == configuration)
        let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
        #expect(Set(keys) == Set(PPOConfiguration.CodingKeys.allCases.map(\.rawValue)))
        #expect(keys.allSatisfy { $0 == $0.lowercased() })
    }

    @Test(
        arguments: [
            ("clip_epsilon", "1"), ("clip_epsilon", "0"), ("value_clip_epsilon", "-1"), ("clip_epsilon_high", "0"),
            ("dual_clip", "1"), ("value_lambda", "2"), ("importance_cap", "0"),
            ("group_baseline", "true, \"advantage_estimator\": \"rloo\""),
            ("kl_estimator", "\"k1\", \"kl_placement\": \"loss\""), ("discount", "1.5"),
            ("lambda", "-0.1"), ("epochs", "0"), ("minibatch_size", "0"), ("value_coefficient", "-1"),
            ("kl_coefficient", "-1"), ("kl_target", "0"), ("kl_horizon", "0"), ("entropy_coefficient", "-1"),
            ("critic_warmup_steps", "-1"), ("target_kl", "0"), ("maximum_gradient_norm", "0"),
        ]
    )
    func aValueOutOfRangeIsNamed(key: String, value: String) throws {
        let text = "{\"\(key)\": \(value)}"
        let configuration = try JSONDecoder().decode(PPOConfiguration.self, from: Data(text.utf8))
        let error = try #require(throws: ConfigurationError.self) { try configuration.validate() }
        #expect(error.description.hasPrefix("ppo.\(key) is "))
        #expect(error.description.contains("; expected "))
    }

    @Test func aNaNIsOutOfRange() {
        var configuration = PPOConfiguration()
        configuration.clipEpsilon = .nan
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
    }

    @Test func criticWarmupAndEarlyStopFollowTheirKeys() {
        var configuration = PPOConfiguration()
        #expect(configuration.trainsPolicy(step: 0))
        #expect(!configuration.stopsEarly(approximateKL: 1e9))
        configuration.criticWarmupSteps = 3
        configuration.targetKL = 0.5
        #expect(!configuration.trainsPolicy(step: 2) && configuration.trainsPolicy(step: 3))
        #expect(!configuration.stopsEarly(approximateKL: 0.5) && configuration.stopsEarly(approximateKL: 0.51))
    }
}
