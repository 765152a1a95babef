internal import Dispatching
internal import Foundation
internal import Protocol
internal import Tensors
internal import Transformer

/// The versions of the policy that this worker holds, by digest. A version is there whole and verified, or not at all.
actor PolicyReplica {
    private let client: WeightClient
    private let configuration: T5Configuration
    private var held: [(digest: Data, parameters: T5Parameters)] = []
    private var fetches: [Data: Task<T5Parameters, any Error>] = [:]
    private var previous: Task<T5Parameters, any Error>?
    private let capacity: Int
    private let check: @Sendable (WireWeightManifest) -> Bool

    /// - Parameters:
    ///   - client: fetches the weights.
    ///   - configuration: sizes of the model.
    ///   - capacity: versions kept; the longest unused one makes room.
    ///   - check: whether a manifest is the learner's own.
    init(
        client: WeightClient,
        configuration: T5Configuration,
        capacity: Int = 6,
        check: @escaping @Sendable (WireWeightManifest) -> Bool = { _ in true }
    ) {
        self.check = check
        self.client = client
        self.configuration = configuration
        self.capacity = capacity
    }

    /// SHA-256 of what is held.
    var digests: [Data] { held.map(\.digest) }

    /// The version fetched last, to which the learner may send the difference.
    private var newest: (digest: Data, parameters: T5Parameters)?

    private func base() -> WeightClient.Base? {
        newest.map { digest, parameters in
            WeightClient.Base(
                digest: digest,
                bytes: parameters.buffer.count * MemoryLayout<Float>.stride
            ) { offset, count in
                // The closure keeps the parameters alive, and nobody changes those of a replica.
                let start = unsafe UnsafeRawPointer(parameters.buffer.base)
                return unsafe [UInt8](UnsafeRawBufferPointer(start: start + offset, count: count))
            }
        }
    }

    /// The weights of `manifest`, fetched if need be; two who ask at once share one transfer.
    func parameters(_ manifest: WireWeightManifest) async throws -> T5Parameters {
        if let index = held.firstIndex(where: { $0.digest == manifest.digest }) {
            let found = held.remove(at: index)
            held.append(found)
            return found.parameters
        }
        if let running = fetches[manifest.digest] { return try await running.value }
        guard check(manifest) else { throw WorkerError.unsigned(version: manifest.version) }
        // The bulk channel carries one transfer at a time.
        let task = Task { [client, configuration, previous] in
            _ = await previous?.result
            let base = manifest.reference ? nil : self.base()
            let parameters = T5Parameters(configuration: configuration)
            let expected = parameters.buffer.count * MemoryLayout<Float>.stride
            guard manifest.bytes == UInt64(expected) else {
                throw WorkerError.wrongSize(bytes: Int(manifest.bytes), expected: expected)
            }
            let bytes = try await client.fetch(manifest, base: base)
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(start: parameters.buffer.base, count: expected)
                    .copyMemory(from: source)
            }
            return parameters
        }
        previous = task
        fetches[manifest.digest] = task
        defer { fetches[manifest.digest] = nil }
        let parameters = try await task.value
        held.append((manifest.digest, parameters))
        if !manifest.reference { newest = (manifest.digest, parameters) }
        if held.count > capacity { held.removeFirst() }
        return parameters
    }
}

/// Why a rollout worker gave up.
package enum WorkerError: Error, CustomStringConvertible {
    case noLearner(endpoint: String, seconds: Int)
    case badWelcome(String)
    case refused(String)
    case wrongSize(bytes: Int, expected: Int)
    case unsigned(version: UInt64)

    package var description: String {
        switch self {
        case .noLearner(let endpoint, let seconds):
            "no learner answered at \(endpoint) within \(seconds) s"
        case .badWelcome(let reason): "the learner's welcome cannot be used: \(reason)"
        case .refused(let reason): "the learner refused: \(reason)"
        case .wrongSize(let bytes, let expected): "weights of \(bytes) bytes for a model of \(expected) bytes"
        case .unsigned(let version): "the manifest of version \(version) is not signed by the learner's key"
        }
    }
}
