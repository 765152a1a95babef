import Foundation

extension EnvelopeCodec {
    /// Checks every field of `body` that a receiver computes with.
    static func validate(_ body: WireEnvelope.OneOf_Body) throws(ProtocolError) {
        switch body {
        case .hello(let hello): try validate(hello)
        case .welcome(let welcome): try validate(welcome)
        case .heartbeat(let beat): try validate(beat)
        case .programAccounts(let accounts): try validate(accounts)
        case .executionAck: break
        case .bye(let bye): try Check.text(bye.reason, ProtocolLimits.nameBytes, "bye.reason")
        case .refusal(let refusal): try Check.text(refusal.reason, ProtocolLimits.nameBytes, "refusal.reason")
        case .creditGrant(let grant):
            try Check.range(Int(grant.credits), 1...ProtocolLimits.maximumCredits, "credit_grant.credits")
        case .rolloutLease(let lease): try validate(lease)
        case .leaseRenewal(let renewal):
            try Check.atMost(renewal.leaseIds.count, ProtocolLimits.maximumCredits, "lease_renewal.lease_ids")
        case .shardResult(let result): try validate(result)
        case .shardAck(let ack): try Check.text(ack.label, ProtocolLimits.nameBytes, "shard_ack.label")
        case .weightManifest(let manifest): try validate(manifest, "weight_manifest")
        case .chunkRequest(let request):
            try Check.digest(request.digest, "chunk_request.digest")
            try Check.range(Int(request.credits), 1...ProtocolLimits.maximumCredits, "chunk_request.credits")
            if !request.baseDigest.isEmpty { try Check.digest(request.baseDigest, "chunk_request.base_digest") }
            try Check.atMost(request.chunkDigests.count, Int(request.credits), "chunk_request.chunk_digests")
            for digest in request.chunkDigests { try Check.digest(digest, "chunk_request.chunk_digests") }
        case .weightChunk(let chunk):
            try Check.digest(chunk.digest, "weight_chunk.digest")
            try Check.atMost(chunk.data.count, ProtocolLimits.chunkBytes, "weight_chunk.data")
            if case .UNRECOGNIZED(let form) = chunk.form {
                throw .invalidField(field: "weight_chunk.form", expected: "a known form", found: "\(form)")
            }
            if !chunk.baseDigest.isEmpty { try Check.digest(chunk.baseDigest, "weight_chunk.base_digest") }
        case .executionRequest(let request): try validate(request, "execution_request")
        case .executionLease(let lease):
            try validate(lease.request, "execution_lease.request")
            try Check.amount(lease.durationSeconds, "execution_lease.duration_seconds")
        case .executionResult(let result):
            try Check.digest(result.jobDigest, "execution_result.job_digest")
            _ = try result.verdict.verdict("execution_result.verdict")
            try Check.amount(result.started, "execution_result.started")
            try Check.amount(result.ended, "execution_result.ended")
        case .executionReply(let reply):
            try Check.digest(reply.jobDigest, "execution_reply.job_digest")
            _ = try reply.verdict.verdict("execution_reply.verdict")
        }
    }

    private static func validate(_ beat: WireHeartbeat) throws(ProtocolError) {
        try Check.amount(beat.sent, "heartbeat.sent")
        try Check.amount(beat.answered, "heartbeat.answered")
        try Check.amount(beat.received, "heartbeat.received")
        guard beat.clock.seconds.isFinite else {
            throw .invalidField(
                field: "heartbeat.clock.seconds",
                expected: "a finite number",
                found: "\(beat.clock.seconds)"
            )
        }
        try Check.amount(beat.clock.errorSeconds, "heartbeat.clock.error_seconds")
    }

    private static func validate(_ accounts: WireProgramAccounts) throws(ProtocolError) {
        let counts = [
            accounts.issued, accounts.accepted, accounts.expired, accounts.quarantined, accounts.outstanding,
            accounts.moved, accounts.late,
        ]
        for count in counts {
            _ = try Check.integer(count, 0...ProtocolLimits.maximumPrograms, "program_accounts")
        }
    }

    private static func validate(_ hello: WireHello) throws(ProtocolError) {
        switch hello.role {
        case .rolloutWorker, .executor, .client: break
        case .unspecified, .UNRECOGNIZED:
            throw .invalidField(
                field: "hello.role",
                expected: "rollout worker, executor or client",
                found: "\(hello.role.rawValue)"
            )
        }
        try Check.text(hello.name, ProtocolLimits.nameBytes, "hello.name")
        try Check.atMost(Int(hello.slots), ProtocolLimits.maximumCredits, "hello.slots")
        try Check.atMost(hello.toolChains.count, ProtocolLimits.maximumMapEntries, "hello.tool_chains")
        for (language, version) in hello.toolChains {
            try Check.text(language, ProtocolLimits.nameBytes, "hello.tool_chains")
            try Check.text(version, ProtocolLimits.nameBytes, "hello.tool_chains")
        }
        try Check.atMost(hello.runningLeases.count, ProtocolLimits.maximumCredits, "hello.running_leases")
        try Check.atMost(hello.heldWeights.count, ProtocolLimits.maximumMapEntries, "hello.held_weights")
        for digest in hello.heldWeights { try Check.digest(digest, "hello.held_weights") }
    }

    private static func validate(_ welcome: WireWelcome) throws(ProtocolError) {
        try Check.text(welcome.name, ProtocolLimits.nameBytes, "welcome.name")
        try Check.atMost(welcome.modelFiles.count, ProtocolLimits.maximumMapEntries, "welcome.model_files")
        for name in welcome.modelFiles.keys {
            try Check.text(name, ProtocolLimits.nameBytes, "welcome.model_files")
            // A worker may write these into a directory of its own.
            guard !name.isEmpty, !name.contains("/"), !name.contains("\0"), name != ".", name != ".." else {
                throw .invalidField(field: "welcome.model_files", expected: "plain file names", found: name)
            }
        }
        try Check.atMost(welcome.manifests.count, ProtocolLimits.maximumMapEntries, "welcome.manifests")
        for (i, manifest) in welcome.manifests.enumerated() { try validate(manifest, "welcome.manifests[\(i)]") }
        try Check.atMost(welcome.endpoints.count, ProtocolLimits.maximumMapEntries, "welcome.endpoints")
        for endpoint in welcome.endpoints.values {
            try Check.text(endpoint, ProtocolLimits.nameBytes, "welcome.endpoints")
        }
        try Check.amount(welcome.heartbeatSeconds, "welcome.heartbeat_seconds")
    }

    static func validate(_ manifest: WireWeightManifest, _ field: String) throws(ProtocolError) {
        try Check.digest(manifest.digest, "\(field).digest")
        try Check.range(Int(manifest.chunkBytes), 1...ProtocolLimits.chunkBytes, "\(field).chunk_bytes")
        try Check.atMost(manifest.chunkDigests.count, ProtocolLimits.maximumChunks, "\(field).chunk_digests")
        let total = try Check.integer(
            manifest.bytes,
            0...ProtocolLimits.maximumChunks * ProtocolLimits.chunkBytes,
            "\(field).bytes"
        )
        let size = Int(manifest.chunkBytes)
        try Check.equal(manifest.chunkDigests.count, (total + size - 1) / size, "\(field).chunk_digests")
        for digest in manifest.chunkDigests { try Check.digest(digest, "\(field).chunk_digests") }
        if !manifest.chunkChecksums.isEmpty {
            let checksums = manifest.chunkChecksums.count
            try Check.equal(checksums, manifest.chunkDigests.count, "\(field).chunk_checksums")
        }
        try Check.atMost(manifest.signature.count, ProtocolLimits.signatureBytes, "\(field).signature")
    }

    static func validate(_ request: WireExecutionRequest, _ field: String) throws(ProtocolError) {
        try Check.digest(request.jobDigest, "\(field).job_digest")
        _ = try request.job(field)
        try Check.atMost(Int(request.groupSize), ProtocolLimits.maximumCredits, "\(field).group_size")
    }

    private static func validate(_ lease: WireRolloutLease) throws(ProtocolError) {
        let field = "rollout_lease"
        try validate(lease.purpose, field)
        try Check.digest(lease.weightsDigest, "\(field).weights_digest")
        if !lease.referenceDigest.isEmpty {
            try Check.digest(lease.referenceDigest, "\(field).reference_digest")
        }
        try Check.text(lease.label, ProtocolLimits.nameBytes, "\(field).label")
        try Check.amount(lease.durationSeconds, "\(field).duration_seconds")
        try Check.amount(Double(lease.sampling.temperature), "\(field).sampling.temperature")
        try Check.range(lease.sampling.topP, 0...1, "\(field).sampling.top_p")
        try Check.atMost(
            Int(lease.sampling.maximumLength),
            ProtocolLimits.maximumTokens,
            "\(field).sampling.maximum_length"
        )
        try Check.range(
            Int(lease.sampling.minimumLength),
            0...Int(lease.sampling.maximumLength),
            "\(field).sampling.minimum_length"
        )
        try Check.count(lease.slots.count, 1...ProtocolLimits.maximumSlotsPerLease, "\(field).slots")
        try Check.atMost(lease.problems.count, ProtocolLimits.maximumProblemsPerLease, "\(field).problems")
        try Check.equal(lease.sources.count, lease.problems.count, "\(field).sources")
        for (i, slot) in lease.slots.enumerated() {
            try Check.index(slot.problem, below: lease.problems.count, "\(field).slots[\(i)].problem")
        }
        for (i, source) in lease.sources.enumerated() {
            try Check.atMost(source.ids.count, ProtocolLimits.maximumTokens, "\(field).sources[\(i)].ids")
        }
        for (i, problem) in lease.problems.enumerated() { _ = try problem.problem("\(field).problems[\(i)]") }
        if lease.hasWeights { try validate(lease.weights, "\(field).weights") }
        if lease.hasReference { try validate(lease.reference, "\(field).reference") }
    }

    private static func validate(_ purpose: WirePurpose, _ field: String) throws(ProtocolError) {
        switch purpose {
        case .training, .evaluation: return
        case .unspecified, .UNRECOGNIZED:
            throw .invalidField(
                field: "\(field).purpose",
                expected: "training or evaluation",
                found: "\(purpose.rawValue)"
            )
        }
    }

    private static func validate(_ result: WireShardResult) throws(ProtocolError) {
        let field = "shard_result"
        try validate(result.purpose, field)
        try Check.digest(result.weightsDigest, "\(field).weights_digest")
        try Check.text(result.label, ProtocolLimits.nameBytes, "\(field).label")
        try Check.amount(result.generationSeconds, "\(field).generation_seconds")
        try Check.amount(result.executionSeconds, "\(field).execution_seconds")
        try Check.amount(result.rewardSeconds, "\(field).reward_seconds")
        try Check.amount(result.generationStarted, "\(field).generation_started")
        try Check.amount(result.executionEnded, "\(field).execution_ended")
        try Check.count(result.trajectories.count, 1...ProtocolLimits.maximumSlotsPerLease, "\(field).trajectories")
        for (i, trajectory) in result.trajectories.enumerated() {
            try validate(trajectory, purpose: result.purpose, "\(field).trajectories[\(i)]")
        }
    }

    private static func validate(
        _ trajectory: WireTrajectory,
        purpose: WirePurpose,
        _ field: String
    ) throws(ProtocolError) {
        let count = trajectory.tokens.count
        try Check.atMost(count, ProtocolLimits.maximumTokens, "\(field).tokens")
        let perToken: [(values: [Float], name: String)] = [
            (trajectory.behaviourLogProbabilities, "behaviour_log_probabilities"),
            (trajectory.referenceLogProbabilities, "reference_log_probabilities"),
            (trajectory.values, "values"),
            (trajectory.entropies, "entropies"),
            (trajectory.tokenRewards, "token_rewards"),
        ]
        for (values, name) in perToken {
            // Nobody computes with an absent column, except that PPO cannot do without the behaviour policy's.
            let required = purpose == .training && name == "behaviour_log_probabilities"
            if values.isEmpty, !required { continue }
            try Check.equal(values.count, count, "\(field).\(name)")
            try Check.finite(values, "\(field).\(name)")
        }
        try Check.atMost(trajectory.text.count, ProtocolLimits.programBytes, "\(field).text")
        if trajectory.hasVerdict { _ = try trajectory.verdict.verdict("\(field).verdict") }
        try Check.atMost(trajectory.rewardTerms.count, ProtocolLimits.maximumRewardTerms, "\(field).reward_terms")
        for (i, term) in trajectory.rewardTerms.enumerated() {
            try Check.text(term.name, ProtocolLimits.nameBytes, "\(field).reward_terms[\(i)].name")
            guard term.value.isFinite, term.weight.isFinite else {
                throw .invalidField(
                    field: "\(field).reward_terms[\(i)]",
                    expected: "finite value and weight",
                    found: "\(term.value) and \(term.weight)"
                )
            }
        }
        guard !trajectory.supportCounts.isEmpty else {
            return try Check.equal(trajectory.supportIds.count, 0, "\(field).support_ids")
        }
        try Check.equal(trajectory.supportCounts.count, count, "\(field).support_counts")
        let total = trajectory.supportCounts.reduce(into: UInt64(0)) { $0 += UInt64($1) }
        guard total == UInt64(trajectory.supportIds.count) else {
            throw .invalidField(
                field: "\(field).support_ids",
                expected: "\(total) entries, the sum of support_counts",
                found: "\(trajectory.supportIds.count)"
            )
        }
    }
}
