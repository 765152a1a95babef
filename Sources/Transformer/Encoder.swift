import Tensors

/// What one encoder layer keeps for its backward.
struct EncoderLayerActivations {
    let attention: AttentionActivations
    let feedForward: FeedForwardActivations
}

/// What the encoder keeps for its backward.
struct EncoderActivations {
    let tokens: [Int32]
    let position: RelativePositionTable
    let plan: AttentionPlan
    let bias: Matrix
    let layers: [KeptLayer<EncoderLayerActivations>]
    let final: NormedRows

    /// The last hidden state, `[rows, dModel]`.
    var output: Matrix { final.output }
}

extension TeacherForcedPass {
    /// Embeddings, encoder layers and final norm over all prompts at once.
    func encode(_ tokens: [Int32], _ rows: RaggedRows) -> EncoderActivations {
        let c = configuration
        let offsets = parameters.offsets
        let position = RelativePositionTable(longest: rows.longest, bidirectional: true, configuration: c)
        let bias = position.table(c.numHeads, workspace)
        position.spread(weight(offsets.encoderRelativeBias, c.relativeAttentionBuckets, c.numHeads), into: bias)
        let plan = AttentionPlan.within(rows, causal: false, c)
        var stream = workspace.take(rows.total, c.dModel)
        stream.gather(tokens, from: weight(offsets.sharedEmbedding, c.vocabularySize, c.dModel))
        let layers = (0..<c.numEncoderLayers).map { index in
            let result = layer(stream) { $0.encoderLayer(index, $1, plan: plan, bias: bias) }
            stream = result.output
            return result.kept
        }
        return EncoderActivations(
            tokens: tokens,
            position: position,
            plan: plan,
            bias: bias,
            layers: layers,
            final: normed(stream, offsets.encoderFinalNorm)
        )
    }
}

extension TeacherForcedPass {
    fileprivate func encoderLayer(
        _ index: Int,
        _ stream: Matrix,
        plan: AttentionPlan,
        bias: Matrix
    ) -> (output: Matrix, kept: EncoderLayerActivations) {
        let layer = parameters.encoderLayer(index)
        let attention = scoped { self.attention(stream, weights: layer.attentionWeights, plan: plan, bias: bias) }
        let feedForward = scoped { self.feedForward(attention.output, weights: layer.feedForwardWeights) }
        return (
            feedForward.output,
            EncoderLayerActivations(attention: attention.kept, feedForward: feedForward.kept)
        )
    }
}

extension TeacherForcedBackwardPass {
    /// Backward of `TeacherForcedPass.encode`, given the gradient of its output.
    func encode(outputGradient: Matrix, _ kept: EncoderActivations) {
        let c = parameters.configuration
        let offsets = parameters.offsets
        let stream = workspace.take(outputGradient.rows, outputGradient.columns)
        stream.zero()
        norm(dx: stream, dy: outputGradient, kept.final)
        let biasGradient = kept.position.table(c.numHeads, workspace)
        biasGradient.zero()
        for (index, keptLayer) in kept.layers.enumerated().reversed() {
            layer(keptLayer) {
                $0.encoderLayer(index, $1, plan: kept.plan, bias: kept.bias)
            } backward: { layer in
                scoped { feedForward(stream: stream, layer.feedForward) }
                scoped { attention(stream: stream, layer.attention, plan: kept.plan, biasGradient: biasGradient) }
            }
        }
        kept.position.gather(
            biasGradient,
            into: gradient(offsets.encoderRelativeBias, c.relativeAttentionBuckets, c.numHeads)
        )
        stream.scatterAdd(kept.tokens, into: gradient(offsets.sharedEmbedding, c.vocabularySize, c.dModel))
    }
}

extension EncoderLayerOffsets {
    var attentionWeights: AttentionWeights { AttentionWeights(norm: selfAttentionNorm, q: q, k: k, o: o) }
    var feedForwardWeights: FeedForwardWeights { FeedForwardWeights(norm: feedForwardNorm, wi: wi, wo: wo) }
}
