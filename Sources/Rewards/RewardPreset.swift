/// The rewards of the family of methods, by name; each is a configuration and nothing else.
///
/// | preset | execution | structure | more | source |
/// |---|---|---|---|---|
/// | ppocoder | 1, −0.3, −0.6, −1; ±1 without tests | AST + data flow, weights 1 | – | Shojaee et al. 2023, section 3 |
/// | coderl | the same | – | – | Le et al. 2022, returns by the outcome of the unit tests |
/// | rltf | the same | – | error lines −0.3; −0.3 + 1.3·pass ratio | Liu et al. 2023, section 3.3 |
/// | compcoder | ±1 for compiling | – | at least 5 tokens, no repetition | Wang et al. 2022 |
package enum RewardPreset: String, Sendable, Codable, CaseIterable {
    case ppocoder, coderl, rltf, compcoder

    /// All of them, for messages.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension RewardConfiguration {
    /// The configuration that a preset stands for.
    package init(preset: RewardPreset) {
        self.init()
        self.preset = preset
        switch preset {
        case .ppocoder: break
        case .coderl:
            astWeight = 0
            dataFlowWeight = 0
        case .rltf:
            astWeight = 0
            dataFlowWeight = 0
            adaptiveWeight = 1
            fineGrained = -0.3
        case .compcoder:
            astWeight = 0
            dataFlowWeight = 0
            useTests = false
            minimumTokens = 5
            maximumRepetition = 0.5
        }
    }
}
