import Tensors

/// Encoder, decoder and the memory of both, for one thread: what sampling and beam search run a model with.
@safe
struct GenerationPass {
    let configuration: T5Configuration
    private var encoder: GenerationEncoder
    private(set) var decoder: GenerationDecoder
    private var memory: CrossAttentionMemory

    init(configuration: T5Configuration) {
        self.configuration = configuration
        encoder = GenerationEncoder(configuration: configuration)
        decoder = GenerationDecoder(configuration: configuration)
        memory = CrossAttentionMemory(layout: KeyValueLayout(heads: configuration.numHeads, dKV: configuration.dKV))
    }

    /// Encodes `sources`, and prepares for `sequences` completions of them, of up to `maximumLength` tokens.
    mutating func begin(_ sources: [[Int32]], sequences: Int, maximumLength: Int, weights: GenerationWeights) {
        precondition(weights.parameters.configuration == configuration, "weights of another shape")
        encoder.encode(sources, weights: weights, memory: &memory)
        decoder.begin(sequences: sequences, maximumLength: maximumLength, weights: weights)
    }

    /// One token of all active sequences; see ``GenerationDecoder/step(_:position:weights:memory:values:)``.
    @unsafe
    mutating func step(
        _ active: [ActiveSequence],
        position: Int,
        weights: GenerationWeights,
        values: inout [Float]
    ) -> UnsafeMutablePointer<Float> {
        unsafe decoder.step(active, position: position, weights: weights, memory: memory, values: &values)
    }
}
