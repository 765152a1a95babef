internal import CKernels

extension RowKernels {
    /// Positions of one chunk of cached keys and values.
    @safe
    package static var chunkPositions: Int { Int(CK_CHUNK) }

    /// Attention of the newest position of several sequences, or of several completions of one prompt, over cached keys
    /// and values, with the sums of `orderedProduct` and ``attentionSoftmax``.
    ///
    /// - Parameters:
    ///   - chunks: Each holds ``chunkPositions`` positions: for each head its keys, `[width, positions]`, then its
    ///     values, `[positions, width]`.
    ///   - count: Positions that are attended to.
    ///   - heads: Number of heads.
    ///   - width: Floats of one head.
    ///   - queries: `[rows, heads · width]`, rows `queryStride` floats apart.
    ///   - rows: Number of queries.
    ///   - queryStride: As said.
    ///   - bias: Head 0's bias of the first position, heads `biasStride` floats apart and fifteen more readable behind
    ///     the last; or nil.
    ///   - biasStride: As said.
    ///   - output: `[rows, heads · width]`, rows adjacent, overwritten.
    package static func cachedAttention(
        chunks: UnsafeBufferPointer<UnsafePointer<Float>?>,
        count: Int,
        heads: Int,
        width: Int,
        queries: UnsafePointer<Float>,
        rows: Int,
        queryStride: Int,
        bias: UnsafePointer<Float>?,
        biasStride: Int,
        output: UnsafeMutablePointer<Float>
    ) {
        precondition(chunks.count * chunkPositions >= count && count > 0, "positions without a chunk")
        let sequence = unsafe ck_cached_sequence(
            chunks: chunks.baseAddress,
            count: count,
            heads: heads,
            width: width
        )
        unsafe ck_cached_attention(
            sequence,
            output,
            heads * width,
            queries,
            queryStride,
            rows,
            bias,
            biasStride
        )
    }
}
