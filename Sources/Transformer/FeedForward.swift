import Tensors

/// Offsets of the weights of one feed-forward sublayer.
struct FeedForwardWeights {
    let norm: Int
    let wi: Int
    let wo: Int
}

/// What the forward of a feed-forward sublayer keeps for its backward.
struct FeedForwardActivations {
    let weights: FeedForwardWeights
    let normed: NormedRows
    /// `[rows, dFF]`, after the ReLU.
    let hidden: Matrix
}

extension TeacherForcedPass {
    /// stream + Wo·relu(Wi·norm(stream)).
    func feedForward(
        _ stream: Matrix,
        weights: FeedForwardWeights
    ) -> (output: Matrix, kept: FeedForwardActivations) {
        let normed = normed(stream, weights.norm)
        let hidden = projected(normed.output, weights.wi, to: configuration.dFF)
        hidden.relu()
        let kept = FeedForwardActivations(weights: weights, normed: normed, hidden: hidden)
        return (added(stream, hidden, weights.wo), kept)
    }
}

extension TeacherForcedBackwardPass {
    /// Backward of `TeacherForcedPass.feedForward`: `stream` holds the gradient of its output and gets that of its input.
    func feedForward(stream: Matrix, _ kept: FeedForwardActivations) {
        let dHidden = workspace.take(stream.rows, kept.hidden.columns)
        projection(dx: dHidden, dy: stream, x: kept.hidden, kept.weights.wo)
        dHidden.reluBackward(output: kept.hidden)
        let dNormed = workspace.take(stream.rows, stream.columns)
        projection(dx: dNormed, dy: dHidden, x: kept.normed.output, kept.weights.wi)
        norm(dx: stream, dy: dNormed, kept.normed)
    }
}
