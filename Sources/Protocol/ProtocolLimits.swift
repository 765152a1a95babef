/// Bounds on everything that comes from another process.
///
/// A frame or a field beyond its bound is refused with a name before memory is taken for it.
package enum ProtocolLimits {
    /// The one schema version this build speaks.
    package static let schemaVersion: UInt32 = 1

    /// Largest control frame (leases, shard results), bytes.
    package static let controlFrameBytes = 16 << 20
    /// Largest frame of the bulk plane: one weight chunk and its envelope, bytes.
    package static let bulkFrameBytes = (11 << 20) / 10
    /// Largest frame between clients, dispatcher and executors, bytes.
    package static let executionFrameBytes = 8 << 20
    /// Largest announcement, bytes.
    package static let announcementFrameBytes = 1 << 20

    /// Data bytes of one weight chunk.
    package static let chunkBytes = 1 << 20
    /// Chunks of one manifest: 64 GiB of weights, and a manifest of 2 MiB.
    package static let maximumChunks = 1 << 16

    /// Length of a run id and of an incarnation, bytes.
    package static let identifierBytes = 16
    /// Length of a digest, bytes.
    package static let digestBytes = 32
    /// Length of a signature, bytes.
    package static let signatureBytes = 64
    /// Largest program or reference program, UTF-8 bytes.
    package static let programBytes = 1 << 20
    /// Largest prompt, UTF-8 bytes.
    package static let promptBytes = 1 << 20
    /// Largest input, output, argument list or code of one test, UTF-8 bytes.
    package static let testBytes = 4 << 20
    /// Tests of one job.
    package static let maximumTests = 4096
    /// Tokens of one prompt or completion.
    package static let maximumTokens = 65_536
    /// Slots of one rollout lease.
    package static let maximumSlotsPerLease = 4096
    /// Problems of one rollout lease.
    package static let maximumProblemsPerLease = 4096
    /// Units of work one peer may have in flight, and leases named in one message.
    package static let maximumCredits = 65_536
    /// Names, labels and reasons, UTF-8 bytes.
    package static let nameBytes = 4096
    /// Compiler and run-time output carried in a verdict, UTF-8 bytes; longer text is cut when it is sent.
    package static let diagnosticsBytes = 64 << 10
    /// Executed lines named in a verdict; further ones are cut when it is sent.
    package static let executedLines = 65_536
    /// Programs of one worker: any number of workers can be added up.
    package static let maximumPrograms = 1 << 40
    /// Entries of a map: tool chains, endpoints, model files.
    package static let maximumMapEntries = 64
    /// Reward terms of one trajectory.
    package static let maximumRewardTerms = 64
    /// Nesting of a JSON value.
    package static let jsonDepth = 64

    /// What a limit of a program may be, seconds.
    package static let limitSeconds: ClosedRange<Double> = 0.001...3600
    /// What a limit of a program may be, bytes.
    package static let limitBytes: ClosedRange<Int> = 1...(1 << 40)
    /// What the limit on processes may be.
    package static let limitProcesses: ClosedRange<Int> = 1...65_536
}
