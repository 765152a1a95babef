import Tensors

/// What one decoder layer keeps for its backward.
struct DecoderLayerActivations {
    let attention: AttentionActivations
    let cross: AttentionActivations
    let feedForward: FeedForwardActivations
}

/// What the decoder keeps for its backward.
struct DecoderActivations {
    let tokens: [Int32]
    let position: RelativePositionTable
    let plan: AttentionPlan
    let crossPlan: AttentionPlan
    let bias: Matrix
    let memory: Matrix
    let layers: [KeptLayer<DecoderLayerActivations>]
    let final: NormedRows

    /// The last hidden state, `[rows, dModel]`: row t sees the tokens before token t.
    var output: Matrix { final.output }
}

extension TeacherForcedPass {
    /// Embeddings, decoder layers and final norm over all completions at once.
    ///
    /// `tokens` are the decoder's inputs: each completion shifted right by the start token.
    func decode(
        _ tokens: [Int32],
        _ rows: RaggedRows,
        memory: Matrix,
        crossPlan: AttentionPlan
    ) -> DecoderActivations {
        let c = configuration
        let offsets = parameters.offsets
        let position = RelativePositionTable(longest: rows.longest, bidirectional: false, configuration: c)
        let bias = position.table(c.numHeads, workspace)
        position.spread(weight(offsets.decoderRelativeBias, c.relativeAttentionBuckets, c.numHeads), into: bias)
        let plan = AttentionPlan.within(rows, causal: true, c)
        var stream = workspace.take(rows.total, c.dModel)
        stream.gather(tokens, from: weight(offsets.sharedEmbedding, c.vocabularySize, c.dModel))
        let layers = (0..<c.numDecoderLayers).map { index in
            let result = layer(stream) {
                $0.decoderLayer(index, $1, memory: memory, plan: plan, crossPlan: crossPlan, bias: bias)
            }
            stream = result.output
            return result.kept
        }
        return DecoderActivations(
            tokens: tokens,
            position: position,
            plan: plan,
            crossPlan: crossPlan,
            bias: bias,
            memory: memory,
            layers: layers,
            final: normed(stream, offsets.decoderFinalNorm)
        )
    }
}

extension TeacherForcedPass {
    fileprivate func decoderLayer(
        _ index: Int,
        _ stream: Matrix,
        memory: Matrix,
        plan: AttentionPlan,
        crossPlan: AttentionPlan,
        bias: Matrix
    ) -> (output: Matrix, kept: DecoderLayerActivations) {
        let layer = parameters.decoderLayer(index)
        let attention = scoped { self.attention(stream, weights: layer.attentionWeights, plan: plan, bias: bias) }
        let cross = scoped {
            self.attention(attention.output, memory: memory, weights: layer.crossWeights, plan: crossPlan, bias: nil)
        }
        let feedForward = scoped { self.feedForward(cross.output, weights: layer.feedForwardWeights) }
        return (
            feedForward.output,
            DecoderLayerActivations(attention: attention.kept, cross: cross.kept, feedForward: feedForward.kept)
        )
    }
}

extension TeacherForcedBackwardPass {
    /// Backward of `TeacherForcedPass.decode`, given the gradient of its output; adds to `memory` that of the memory.
    func decode(outputGradient: Matrix, memory: Matrix, _ kept: DecoderActivations) {
        let c = parameters.configuration
        let offsets = parameters.offsets
        let stream = workspace.take(outputGradient.rows, outputGradient.columns)
        stream.zero()
        norm(dx: stream, dy: outputGradient, kept.final)
        let biasGradient = kept.position.table(c.numHeads, workspace)
        biasGradient.zero()
        for (index, keptLayer) in kept.layers.enumerated().reversed() {
            layer(keptLayer) { pass, input in
                pass.decoderLayer(
                    index,
                    input,
                    memory: kept.memory,
                    plan: kept.plan,
                    crossPlan: kept.crossPlan,
                    bias: kept.bias
                )
            } backward: { layer in
                scoped { feedForward(stream: stream, layer.feedForward) }
                scoped {
                    attention(stream: stream, memory: memory, layer.cross, plan: kept.crossPlan, biasGradient: nil)
                }
                scoped { attention(stream: stream, layer.attention, plan: kept.plan, biasGradient: biasGradient) }
            }
        }
        kept.position.gather(
            biasGradient,
            into: gradient(offsets.decoderRelativeBias, c.relativeAttentionBuckets, c.numHeads)
        )
        stream.scatterAdd(kept.tokens, into: gradient(offsets.sharedEmbedding, c.vocabularySize, c.dModel))
    }
}

extension DecoderLayerOffsets {
    var attentionWeights: AttentionWeights { AttentionWeights(norm: selfAttentionNorm, q: q, k: k, o: o) }
    var crossWeights: AttentionWeights { AttentionWeights(norm: crossAttentionNorm, q: crossQ, k: crossK, o: crossO) }
    var feedForwardWeights: FeedForwardWeights { FeedForwardWeights(norm: feedForwardNorm, wi: wi, wo: wo) }
}
