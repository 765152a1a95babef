import Tensors

/// The critic: V(s) = w·h + b on the decoder's last hidden state, after its final norm.
enum ValueHead {
    /// One value per row of `hidden`, `[rows, dModel]`.
    static func values(_ hidden: Matrix, _ pass: TeacherForcedPass) -> [Float] {
        let offsets = pass.parameters.offsets
        let weight = pass.weight(offsets.valueWeight, 1, hidden.columns)
        let bias = pass.weight(offsets.valueBias, 1, 1)[0, 0]
        return (0..<hidden.rows).map { hidden.rows($0..<$0 + 1).dot(weight) + bias }
    }

    /// Adds the gradients of w, b and, when `hiddenGradient` is given, of the hidden state.
    static func backward(
        hiddenGradient: Matrix?,
        hidden: Matrix,
        valueGradients: [Float],
        _ pass: TeacherForcedBackwardPass
    ) {
        let offsets = pass.parameters.offsets
        let weight = pass.weight(offsets.valueWeight, 1, hidden.columns)
        let weightGradient = pass.gradient(offsets.valueWeight, 1, hidden.columns)
        var biasGradient: Float = 0
        for (row, g) in valueGradients.enumerated() where g != 0 {
            weightGradient.add(g, hidden.rows(row..<row + 1))
            hiddenGradient?.rows(row..<row + 1).add(g, weight)
            biasGradient += g
        }
        pass.gradient(offsets.valueBias, 1, 1)[0, 0] += biasGradient
    }
}
