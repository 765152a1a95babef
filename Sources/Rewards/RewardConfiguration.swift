/// What each outcome is worth; the one home of every default.
///
/// Source: Shojaee et al. 2023, PPOCoder, <https://arxiv.org/abs/2301.13816>; the unit-test values are those of
/// Le et al. 2022, CodeRL, <https://arxiv.org/abs/2207.01780>.
package struct RewardConfiguration: Sendable, Codable, Hashable {
    /// The method whose values hold where no other is given.
    package var preset = RewardPreset.ppocoder
    /// Weight of the execution term.
    ///
    /// The paper adds its terms with unit weights. Presets may lower the structural ones, since any plausible program
    /// earns about 0.8 of their sum.
    package var executionWeight: Double = 1
    /// Weight of the AST match; 0 leaves the term out.
    package var astWeight: Double = 1
    /// Weight of the data-flow match; 0 leaves the term out.
    package var dataFlowWeight: Double = 1
    /// All unit tests pass.
    package var accepted: Double = 1
    /// A unit test fails.
    package var wrongAnswer: Double = -0.3
    /// The program dies, or goes over its time, memory or output limit.
    package var runtimeError: Double = -0.6
    /// The program does not compile.
    package var compileError: Double = -1
    /// The program compiles, for a problem without unit tests.
    package var compiles: Double = 1
    /// The program does not compile, for a problem without unit tests.
    package var doesNotCompile: Double = -1

    /// False: tests are not counted, only whether the program compiles.
    package var useTests = true
    /// Weight of the adaptive term, −0.3 + 1.3·(tests passed)/(tests); 0 leaves it out.
    package var adaptiveWeight: Double = 0
    /// What the tokens of the line that an error is blamed on pay together, at most 0; 0 leaves it out.
    package var fineGrained: Double = 0
    /// Weight of the overlong penalty, which lies in −1 … 0; 0 leaves it out.
    package var overlongWeight: Double = 0
    /// Tokens before the length limit over which the overlong penalty falls from 0 to −1.
    package var overlongBuffer = 0
    /// A completion of fewer tokens is a compile error; 0 is no limit.
    package var minimumTokens = 0
    /// A completion of which one unit, repeated, fills more than this share is a compile error; 1 is no limit.
    package var maximumRepetition: Double = 1

    /// Whether the policy is trained only on lines that the tests executed (Python).
    ///
    /// Source: Dou et al. 2024, StepCoder, <https://arxiv.org/abs/2402.01391>, section 3.
    package var maskUnexecuted = false

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case preset
        case useTests = "use_tests"
        case adaptiveWeight = "adaptive_weight"
        case fineGrained = "fine_grained"
        case overlongWeight = "overlong_weight"
        case overlongBuffer = "overlong_buffer"
        case minimumTokens = "minimum_tokens"
        case maximumRepetition = "maximum_repetition"
        case maskUnexecuted = "mask_unexecuted"
        case executionWeight = "execution_weight"
        case astWeight = "ast_weight"
        case dataFlowWeight = "dfg_weight"
        case accepted
        case wrongAnswer = "wrong_answer"
        case runtimeError = "runtime_error"
        case compileError = "compile_error"
        case compiles
        case doesNotCompile = "does_not_compile"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        preset = try fields.decodeIfPresent(RewardPreset.self, forKey: .preset) ?? .ppocoder
        let defaults = RewardConfiguration(preset: preset)
        func value<Value: Decodable>(_ key: CodingKeys, _ fallback: Value) throws -> Value {
            try fields.decodeIfPresent(Value.self, forKey: key) ?? fallback
        }
        executionWeight = try value(.executionWeight, defaults.executionWeight)
        astWeight = try value(.astWeight, defaults.astWeight)
        dataFlowWeight = try value(.dataFlowWeight, defaults.dataFlowWeight)
        accepted = try value(.accepted, defaults.accepted)
        wrongAnswer = try value(.wrongAnswer, defaults.wrongAnswer)
        runtimeError = try value(.runtimeError, defaults.runtimeError)
        compileError = try value(.compileError, defaults.compileError)
        compiles = try value(.compiles, defaults.compiles)
        doesNotCompile = try value(.doesNotCompile, defaults.doesNotCompile)
        useTests = try value(.useTests, defaults.useTests)
        adaptiveWeight = try value(.adaptiveWeight, defaults.adaptiveWeight)
        fineGrained = try value(.fineGrained, defaults.fineGrained)
        overlongWeight = try value(.overlongWeight, defaults.overlongWeight)
        overlongBuffer = try value(.overlongBuffer, defaults.overlongBuffer)
        minimumTokens = try value(.minimumTokens, defaults.minimumTokens)
        maximumRepetition = try value(.maximumRepetition, defaults.maximumRepetition)
        maskUnexecuted = try value(.maskUnexecuted, defaults.maskUnexecuted)
    }

    /// Refuses weights below 0, numbers that are not finite, and outcomes whose order is wrong: a better outcome must
    /// not be worth less than a worse one.
    package func validate() throws(RewardError) {
        let weights = [
            (CodingKeys.executionWeight, executionWeight), (.astWeight, astWeight), (.dataFlowWeight, dataFlowWeight),
            (.adaptiveWeight, adaptiveWeight), (.overlongWeight, overlongWeight),
        ]
        for (key, weight) in weights where !(weight.isFinite && weight >= 0) {
            throw .invalid(field: key.rawValue, value: weight, expected: "a finite number of at least 0")
        }
        for (key, count) in [(CodingKeys.overlongBuffer, overlongBuffer), (.minimumTokens, minimumTokens)]
        where count < 0 {
            throw .invalid(field: key.rawValue, value: Double(count), expected: "0 or more tokens")
        }
        guard fineGrained.isFinite, fineGrained <= 0 else {
            throw .invalid(field: "fine_grained", value: fineGrained, expected: "a finite number of at most 0")
        }
        guard maximumRepetition > 0, maximumRepetition <= 1 else {
            throw .invalid(field: "maximum_repetition", value: maximumRepetition, expected: "more than 0, at most 1")
        }
        if overlongWeight > 0, overlongBuffer == 0 {
            throw .invalid(field: "overlong_buffer", value: 0, expected: "1 or more tokens, as overlong_weight is set")
        }
        let withTests = [
            (CodingKeys.accepted, accepted), (.wrongAnswer, wrongAnswer), (.runtimeError, runtimeError),
            (.compileError, compileError),
        ]
        try Self.validateOrder(withTests)
        try Self.validateOrder([(.compiles, compiles), (.doesNotCompile, doesNotCompile)])
    }

    private static func validateOrder(_ values: [(key: CodingKeys, value: Double)]) throws(RewardError) {
        for (key, value) in values where !value.isFinite {
            throw .invalid(field: key.rawValue, value: value, expected: "a finite number")
        }
        for (better, worse) in zip(values, values.dropFirst()) where worse.value > better.value {
            throw .invalid(
                field: worse.key.rawValue,
                value: worse.value,
                expected: "at most \(better.key.rawValue), which is \(better.value)"
            )
        }
        if let best = values.first, let second = values.dropFirst().first, best.value <= second.value {
            throw .invalid(
                field: best.key.rawValue,
                value: best.value,
                expected: "more than \(second.key.rawValue), which is \(second.value)"
            )
        }
    }
}
