/// The hyperparameters of AdamW and of its learning rate: each one's default and legal range.
///
/// The only place a default is written. Users write the keys in snake case (`learning_rate`); a key that is absent keeps
/// its default. In double precision, because 1 − β₂ of a rounded β₂ is off by 10⁻⁵.
package struct AdamWConfiguration: Sendable, Equatable {
    /// The peak learning rate, at least 0.
    package var learningRate = 1e-5
    /// β₁, decay of the first moment, in 0 ≤ β₁ < 1.
    package var beta1 = 0.9
    /// β₂, decay of the second moment, in 0 ≤ β₂ < 1.
    package var beta2 = 0.999
    /// ε, added to the root of the second moment, above 0.
    package var epsilon = 1e-8
    /// λ, the decoupled weight decay of parameters that decay, at least 0.
    package var weightDecay = 0.01
    /// How the learning rate moves over the run.
    package var schedule = LearningRateSchedule()

    package init() {}

    /// Checks every range.
    ///
    /// - Throws: the first hyperparameter that is out of range, under the name the user wrote it.
    package func validate() throws(OptimizerError) {
        try require(.learningRate, learningRate, learningRate.isFinite && learningRate >= 0, "a number of at least 0")
        try require(.beta1, beta1, beta1 >= 0 && beta1 < 1, "0 ≤ β₁ < 1")
        try require(.beta2, beta2, beta2 >= 0 && beta2 < 1, "0 ≤ β₂ < 1")
        try require(.epsilon, epsilon, epsilon.isFinite && epsilon > 0, "a number above 0")
        try require(.weightDecay, weightDecay, weightDecay.isFinite && weightDecay >= 0, "a number of at least 0")
        try schedule.validate()
    }

    private func require(_ key: CodingKeys, _ value: Double, _ holds: Bool, _ allowed: String) throws(OptimizerError) {
        guard holds else { throw .outOfRange(key: key.rawValue, value: "\(value)", allowed: allowed) }
    }
}

extension AdamWConfiguration: Codable {
    /// The names users write.
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case learningRate = "learning_rate"
        case beta1
        case beta2
        case epsilon
        case weightDecay = "weight_decay"
        case schedule
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let table = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, _ value: inout T) throws {
            value = try table.decodeIfPresent(T.self, forKey: key) ?? value
        }
        try read(.learningRate, &learningRate)
        try read(.beta1, &beta1)
        try read(.beta2, &beta2)
        try read(.epsilon, &epsilon)
        try read(.weightDecay, &weightDecay)
        try read(.schedule, &schedule)
    }
}
