internal import Dispatching
internal import Protocol
internal import Tensors
internal import Transformer

/// What workers are given of the weights.
extension LearnerService {
    var weightEncoding: WeightEncoding {
        guard let encoding = WeightEncoding(rawValue: configuration.cluster.weightEncoding) else {
            preconditionFailure("a run begins with a configuration that was checked")
        }
        return encoding
    }

    /// Serves `parameters`, or what they are rounded to, as `version`.
    ///
    /// - Returns: the manifest, which names what is served.
    func publish(
        _ parameters: T5Parameters,
        version: Int,
        isReference: Bool,
        on server: WeightServer
    ) async throws -> WireWeightManifest {
        let served = weightEncoding.rounds ? rounded(parameters) : parameters
        let bytes = unsafe UnsafeRawBufferPointer(
            start: served.buffer.base,
            count: served.buffer.count * MemoryLayout<Float>.stride
        )
        var manifest = unsafe makeManifest(bytes: bytes, version: UInt64(version), reference: isReference)
        signer?.sign(&manifest, runID: runID)
        try await server.publish(manifest) { offset, count in
            // The closure keeps the parameters alive as long as the version is served.
            let start = unsafe UnsafeRawPointer(served.buffer.base)
            return unsafe [UInt8](UnsafeRawBufferPointer(start: start + offset, count: count))
        }
        return manifest
    }

    /// A copy in which every weight is a bfloat16.
    private func rounded(_ parameters: T5Parameters) -> T5Parameters {
        let copy = parameters.copy()
        for i in 0..<copy.buffer.count { unsafe copy.buffer.base[i] = roundedToBFloat16(copy.buffer.base[i]) }
        return copy
    }
}
