import SwiftProtobuf

extension WireShardResult {
    /// The message as it is kept on disk.
    package func stored() throws(ProtocolError) -> [UInt8] {
        do { return try serializedBytes() } catch { throw .malformed(reason: "\(error)") }
    }

    /// The message in `bytes`, from disk; nil when they are not one.
    package init?(stored bytes: [UInt8]) {
        guard let message = try? WireShardResult(serializedBytes: bytes) else { return nil }
        self = message
    }
}

extension WireRolloutLease {
    /// Everything that decides what the result of this lease is, in bytes: not who computes it, and for how long.
    package func essence() throws(ProtocolError) -> [UInt8] {
        var lease = self
        lease.leaseID = 0
        lease.durationSeconds = 0
        do { return try lease.serializedBytes() } catch { throw .malformed(reason: "\(error)") }
    }
}
