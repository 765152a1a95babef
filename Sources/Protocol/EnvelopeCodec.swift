import Foundation
import SwiftProtobuf

/// Turns messages into frames and frames into messages that can be trusted to be within `ProtocolLimits`.
package enum EnvelopeCodec {
    /// Makes the frame that carries `body`.
    ///
    /// - Parameters:
    ///   - body: The message.
    ///   - runID: 16 bytes that name the run, or none on a stand-alone executor pool.
    ///   - incarnation: 16 random bytes of this process; see `newIdentifier()`.
    ///   - limit: The largest frame the plane allows, bytes.
    /// - Returns: The frame.
    /// - Throws: What a receiver would refuse: a wrong field, or a frame that is too large.
    package static func encode(
        _ body: WireEnvelope.OneOf_Body,
        runID: [UInt8],
        incarnation: [UInt8],
        limit: Int = ProtocolLimits.controlFrameBytes
    ) throws(ProtocolError) -> [UInt8] {
        var envelope = WireEnvelope()
        envelope.schemaVersion = ProtocolLimits.schemaVersion
        envelope.runID = Data(runID)
        envelope.incarnation = Data(incarnation)
        envelope.body = body
        try validate(envelope)
        let frame: [UInt8]
        do {
            frame = try envelope.serializedBytes()
        } catch {
            throw .malformed(reason: "\(error)")
        }
        guard frame.count <= limit else { throw .oversizedFrame(bytes: frame.count, limit: limit) }
        return frame
    }

    /// The envelope in `frame`, its version and every field of its message checked.
    ///
    /// A frame of more than `limit` bytes is refused unread.
    package static func decode(
        _ frame: [UInt8],
        limit: Int = ProtocolLimits.controlFrameBytes
    ) throws(ProtocolError) -> WireEnvelope {
        guard frame.count <= limit else { throw .oversizedFrame(bytes: frame.count, limit: limit) }
        let envelope: WireEnvelope
        do {
            envelope = try WireEnvelope(serializedBytes: frame)
        } catch {
            throw .malformed(reason: "\(error)")
        }
        try validate(envelope)
        return envelope
    }

    /// 16 random bytes: a run id, or the incarnation of a process.
    package static func newIdentifier() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<ProtocolLimits.identifierBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    private static func validate(_ envelope: WireEnvelope) throws(ProtocolError) {
        guard envelope.schemaVersion == ProtocolLimits.schemaVersion else {
            throw .wrongVersion(found: envelope.schemaVersion, expected: ProtocolLimits.schemaVersion)
        }
        let length = ProtocolLimits.identifierBytes
        guard envelope.runID.isEmpty || envelope.runID.count == length else {
            throw .invalidField(
                field: "run_id",
                expected: "0 or \(length) bytes",
                found: "\(envelope.runID.count) bytes"
            )
        }
        guard envelope.incarnation.count == length else {
            throw .invalidField(
                field: "incarnation",
                expected: "\(length) bytes",
                found: "\(envelope.incarnation.count) bytes"
            )
        }
        guard let body = envelope.body else { throw .missingBody }
        try validate(body)
    }
}

extension WireEnvelope.OneOf_Body {
    /// The message's name in the schema, for people.
    package var name: String {
        switch self {
        case .hello: "hello"
        case .welcome: "welcome"
        case .heartbeat: "heartbeat"
        case .programAccounts: "program_accounts"
        case .bye: "bye"
        case .refusal: "refusal"
        case .creditGrant: "credit_grant"
        case .rolloutLease: "rollout_lease"
        case .leaseRenewal: "lease_renewal"
        case .shardResult: "shard_result"
        case .shardAck: "shard_ack"
        case .weightManifest: "weight_manifest"
        case .chunkRequest: "chunk_request"
        case .weightChunk: "weight_chunk"
        case .executionRequest: "execution_request"
        case .executionLease: "execution_lease"
        case .executionResult: "execution_result"
        case .executionReply: "execution_reply"
        case .executionAck: "execution_ack"
        }
    }
}
