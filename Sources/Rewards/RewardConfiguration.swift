/// What each outcome is worth; the one home of every default.
///
/// Source: Shojaee et al. 2023, PPOCoder, <https://arxiv.org/abs/2301.13816>; the unit-test values are those of
/// Le et al. 2022, CodeRL, <https://arxiv.org/abs/2207.01780>.
package struct RewardConfiguration: Sendable, Codable, Hashable {
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

    package init() {}

    private enum CodingKeys: String, CodingKey {
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
        let defaults = RewardConfiguration()
        func value(_ key: CodingKeys, _ fallback: Double) throws -> Double {
            try fields.decodeIfPresent(Double.self, forKey: key) ?? fallback
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
    }

    /// Refuses weights below 0, numbers that are not finite, and outcomes whose order is wrong: a better outcome must
    /// not be worth less than a worse one.
    package func validate() throws(RewardError) {
        let weights = [
            (CodingKeys.executionWeight, executionWeight), (.astWeight, astWeight), (.dataFlowWeight, dataFlowWeight),
        ]
        for (key, weight) in weights where !(weight.isFinite && weight >= 0) {
            throw .invalid(field: key.rawValue, value: weight, expected: "a finite number of at least 0")
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
