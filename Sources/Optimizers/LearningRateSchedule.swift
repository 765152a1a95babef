/// The learning rate of every gradient step: linear warm-up, then constant or falling.
///
/// A pure function of the step, so a resumed run needs nothing but the step.
package struct LearningRateSchedule: Sendable, Equatable {
    /// What the learning rate does after the warm-up.
    package enum Decay: String, Sendable, Codable, CaseIterable {
        /// Stays at its peak.
        case constant
        /// Falls in a straight line to 0 at `totalSteps`.
        case linear
        /// Falls with 1/√step.
        case inverseSquareRoot = "inverse_square_root"
    }

    /// What the learning rate does after the warm-up.
    package var decay = Decay.constant
    /// Gradient steps over which the learning rate rises to its peak, at least 0.
    package var warmupSteps = 0
    /// Gradient steps of the whole run, above `warmupSteps`; only `linear` reads it.
    package var totalSteps: Int?

    package init() {}

    /// The share of the peak learning rate that gradient step `step` uses, in 0...1.
    ///
    /// With w warm-up steps and n total steps: (step + 1)/w while step < w, so that the first step already moves; then
    /// 1, or (n − step)/(n − w) and never below 0, or √(w/(step + 1)) with w at least 1.
    ///
    /// Source of the last: Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>, section 5.3.
    ///
    /// - Parameter step: counted from 0.
    /// - Returns: what the peak learning rate is multiplied by.
    package func factor(step: Int) -> Double {
        precondition(step >= 0, "steps are counted from 0")
        if step < warmupSteps { return Double(step + 1) / Double(warmupSteps) }
        switch decay {
        case .constant:
            return 1
        case .linear:
            guard let totalSteps else { preconditionFailure("validate() asks for total_steps") }
            return max(0, Double(totalSteps - step) / Double(totalSteps - warmupSteps))
        case .inverseSquareRoot:
            return (Double(max(warmupSteps, 1)) / Double(step + 1)).squareRoot()
        }
    }

    /// Checks every range.
    ///
    /// - Throws: the first hyperparameter that is out of range, under the name the user wrote it.
    package func validate() throws(OptimizerError) {
        guard warmupSteps >= 0 else {
            throw .outOfRange(
                key: "schedule.warmup_steps",
                value: "\(warmupSteps)",
                allowed: "a whole number of at least 0"
            )
        }
        guard decay == .linear else { return }
        if let totalSteps, totalSteps > warmupSteps { return }
        throw .outOfRange(
            key: "schedule.total_steps",
            value: totalSteps.map(String.init) ?? "absent",
            allowed: "a whole number above warmup_steps (\(warmupSteps))"
        )
    }
}

extension LearningRateSchedule: Codable {
    /// The names users write.
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case decay
        case warmupSteps = "warmup_steps"
        case totalSteps = "total_steps"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let table = try decoder.container(keyedBy: CodingKeys.self)
        decay = try table.decodeIfPresent(Decay.self, forKey: .decay) ?? decay
        warmupSteps = try table.decodeIfPresent(Int.self, forKey: .warmupSteps) ?? warmupSteps
        totalSteps = try table.decodeIfPresent(Int.self, forKey: .totalSteps)
    }
}
