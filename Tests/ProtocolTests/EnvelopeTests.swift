import Foundation
import Programs
import Protocol
import Testing

private let run = [UInt8](repeating: 7, count: 16)
private let incarnation = EnvelopeCodec.newIdentifier()
private let digest = [UInt8](repeating: 3, count: 32)

private func encode(_ body: WireEnvelope.OneOf_Body) throws -> [UInt8] {
    try EnvelopeCodec.encode(body, runID: run, incarnation: incarnation)
}

private let job = ExecutionJob(
    id: "j",
    language: .python,
    program: "def f(x):\n    return x * 2\n",
    tests: [
        .stdio(stdin: "1\n", stdout: "2\n"),
        .call(
            function: "f",
            arguments: [.integer(1), .number(1), .number(0.1), .null, .object(["k": .array([.bool(true)])])],
            expected: .string("a\"\\\u{1}\u{1F600}")
        ),
        .assert(code: "assert f(1) == 2"),
        .program(code: "check(f)"),
    ]
)

struct EnvelopeTests {
    @Test func timesThatNoClockShowsAreRefused() throws {
        var beat = WireHeartbeat()
        (beat.sequence, beat.sent, beat.answered, beat.received) = (3, 1e9, 2e9, 3e9)
        (beat.clock.seconds, beat.clock.errorSeconds) = (-4, 0.5)
        #expect(try EnvelopeCodec.decode(try encode(.heartbeat(beat))).body == .heartbeat(beat))
        let changes: [(inout WireHeartbeat) -> Void] = [
            { $0.sent = .nan }, { $0.answered = -1 }, { $0.received = .infinity }, { $0.clock.seconds = .nan },
            { $0.clock.errorSeconds = -1 },
        ]
        for change in changes {
            var bad = beat
            change(&bad)
            #expect(throws: ProtocolError.self) { try encode(.heartbeat(bad)) }
        }
        var result = WireExecutionResult()
        result.jobDigest = Data(digest)
        result.verdict.outcome = "accepted"
        (result.started, result.ended) = (1, 2)
        #expect(try EnvelopeCodec.decode(try encode(.executionResult(result))).body == .executionResult(result))
        result.ended = -.infinity
        #expect(throws: ProtocolError.self) { try encode(.executionResult(result)) }
    }

    @Test func aJobSurvivesTheWire() throws {
        let request = WireExecutionRequest(job: job, digest: digest, priority: 5)
        let envelope = try EnvelopeCodec.decode(try encode(.executionRequest(request)))
        #expect(Array(envelope.runID) == run)
        #expect(Array(envelope.incarnation) == incarnation)
        guard case .executionRequest(let received) = envelope.body else {
            Issue.record("another message")
            return
        }
        var expected = job
        expected.id = String(repeating: "03", count: 32)
        #expect(try received.job() == expected)
        #expect(received.priority == 5)
    }

    @Test func theOptionsOfAJobSurviveTheWire() throws {
        var asked = job
        asked.id = String(repeating: "03", count: 32)
        asked.options.stopAtFirstFailure = true
        asked.options.coverage = true
        asked.options.comparison = .float
        asked.options.comparisons = [.exact, nil, .unordered, nil]
        #expect(try WireExecutionRequest(job: asked, digest: digest, priority: 0).job() == asked)
        var bad = WireExecutionRequest(job: asked, digest: digest, priority: 0)
        bad.tests[2].compare = "roughly"
        #expect(throws: ProtocolError.self) { try bad.job() }
        bad.tests[2].compare = ""
        bad.compare = "Exact"
        #expect(throws: ProtocolError.self) { try bad.job() }
    }

    @Test func theDetailOfAVerdictSurvivesTheWireAndIsChecked() throws {
        var verdict = Verdict(outcome: .runtimeError, testsPassed: 1, testsTotal: 3)
        verdict.tests = [
            Verdict.TestReport(outcome: .accepted, cpuSeconds: 0.25), Verdict.TestReport(outcome: .runtimeError),
            Verdict.TestReport(outcome: nil),
        ]
        verdict.signal = 11
        verdict.errorLine = 7
        verdict.compileLimit = .memory
        verdict.executedLines = []
        verdict.walls = ["namespaces: all"]
        let message = WireVerdict(verdict)
        #expect(try message.verdict() == verdict)
        let changes: [(inout WireVerdict) -> Void] = [
            { $0.tests[0].outcome = "fine" }, { $0.tests[1].cpuSeconds = -1 }, { $0.signal = 256 },
            { $0.compileLimit = "patience" },
            { $0.executedLines = Array(repeating: 1, count: ProtocolLimits.executedLines + 1) },
            { $0.walls = [String(repeating: "w", count: ProtocolLimits.nameBytes + 1)] },
        ]
        for change in changes {
            var bad = message
            change(&bad)
            #expect(throws: ProtocolError.self) { try bad.verdict() }
        }
    }

    @Test func aVerdictSurvivesTheWireAndItsDiagnosticsAreCutBetweenCharacters() throws {
        for outcome in Verdict.Outcome.allCases {
            let verdict = Verdict(
                outcome: outcome,
                testsPassed: 2,
                testsTotal: 3,
                compileSeconds: 0.5,
                cpuSeconds: 1.25,
                wallSeconds: 2,
                peakMemoryBytes: 1 << 33,
                diagnostics: "line 1"
            )
            #expect(try WireVerdict(verdict).verdict() == verdict)
        }
        // 21,845 characters of three bytes and one of the 64 KiB left over.
        let long = Verdict(outcome: .runtimeError, diagnostics: String(repeating: "€", count: 30_000))
        let cut = try WireVerdict(long).verdict().diagnostics
        #expect(cut == String(repeating: "€", count: 21_845))
    }

    @Test func aProblemSurvivesTheWire() throws {
        var limits = ExecutionLimits()
        limits.cpuSeconds = 1.5
        let problem = Problem(
            id: "p/1",
            prompt: "twice",
            language: .java,
            tests: job.tests,
            reference: "class A {}",
            limits: limits
        )
        #expect(try WireProblem(problem).problem() == problem)
    }

    @Test func anotherVersionIsNamed() throws {
        var envelope = WireEnvelope()
        envelope.schemaVersion = 2
        let bytes: [UInt8] = try serialized(envelope)
        let error = #expect(throws: ProtocolError.wrongVersion(found: 2, expected: 1)) {
            try EnvelopeCodec.decode(bytes)
        }
        #expect(error?.description == "schema version 2, expected 1")
    }

    @Test func anEnvelopeWithoutAMessageIsNamed() throws {
        var envelope = WireEnvelope()
        envelope.schemaVersion = 1
        envelope.incarnation = Data(incarnation)
        let bytes: [UInt8] = try serialized(envelope)
        #expect(throws: ProtocolError.missingBody) { try EnvelopeCodec.decode(bytes) }
    }

    @Test func aFrameBeyondTheLimitIsRefusedBothWays() throws {
        var manifest = WireWelcome()
        manifest.workerConfigurationJson = Data(count: 1000)
        let frame = try encode(.welcome(manifest))
        #expect(throws: ProtocolError.oversizedFrame(bytes: frame.count, limit: 999)) {
            try EnvelopeCodec.decode(frame, limit: 999)
        }
        #expect(throws: ProtocolError.oversizedFrame(bytes: frame.count, limit: 999)) {
            try EnvelopeCodec.encode(.welcome(manifest), runID: run, incarnation: incarnation, limit: 999)
        }
    }

    @Test func randomBytesAndDamagedFramesNeverCrash() throws {
        var random = Numbers(state: 11)
        var refused = 0
        let good = try encode(.executionRequest(WireExecutionRequest(job: job, digest: digest, priority: 0)))
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round.isMultiple(of: 2) {
                bytes = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            } else {
                bytes = good
                for _ in 0...Int(random.next() % 4) {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.next() % 4 == 0 { bytes = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count)))) }
            }
            do throws(ProtocolError) {
                _ = try EnvelopeCodec.decode(bytes)
            } catch {
                refused += 1
                if error.description.isEmpty { Issue.record("a refusal without a reason") }
            }
        }
        // All of the random half, and more than half of the damaged one.
        #expect(refused > 15_000)
    }
}

/// SplitMix64.
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Protocol Buffers bytes of an envelope that `EnvelopeCodec` would not send.
private func serialized(_ envelope: WireEnvelope) throws -> [UInt8] {
    var bytes: [UInt8] = [0x08, UInt8(envelope.schemaVersion)]
    if !envelope.incarnation.isEmpty { bytes += [0x1A, UInt8(envelope.incarnation.count)] + envelope.incarnation }
    return bytes
}

struct FieldTests {
    private func request(_ change: (inout WireExecutionRequest) -> Void) -> WireEnvelope.OneOf_Body {
        var request = WireExecutionRequest(job: job, digest: digest, priority: 0)
        change(&request)
        return .executionRequest(request)
    }

    private func trajectory(_ change: (inout WireTrajectory) -> Void) -> WireEnvelope.OneOf_Body {
        var trajectory = WireTrajectory()
        trajectory.tokens = [5, 6]
        trajectory.behaviourLogProbabilities = [-1, -2]
        trajectory.values = [0, 0]
        change(&trajectory)
        var result = WireShardResult()
        result.purpose = .training
        result.weightsDigest = Data(digest)
        result.trajectories = [trajectory]
        return .shardResult(result)
    }

    private func refusal(of body: WireEnvelope.OneOf_Body) -> String? {
        do throws(ProtocolError) {
            _ = try EnvelopeCodec.encode(body, runID: run, incarnation: incarnation)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func everyRefusedFieldOfAJobIsNamed() {
        let prefix = "execution_request."
        #expect(refusal(of: request { _ in }) == nil)
        #expect(
            refusal(of: request { $0.jobDigest = Data(count: 31) })
                == prefix + "job_digest: expected 32 bytes, found 31 bytes"
        )
        #expect(
            refusal(of: request { $0.language = "cobol" }) == prefix
                + "language: expected one of python, c, cpp, java, csharp, php, javascript, go, ruby, found 'cobol'"
        )
        #expect(
            refusal(of: request { $0.program = String(repeating: "a", count: (1 << 20) + 1) })
                == prefix + "program: expected at most 1048576 UTF-8 bytes, found 1048577"
        )
        #expect(
            refusal(of: request { $0.limits.memoryBytes = .max })
                == prefix + "limits.memory_bytes: expected 1 to 1099511627776, found 18446744073709551615"
        )
        #expect(
            refusal(of: request { $0.limits.cpuSeconds = .nan })
                == prefix + "limits.cpu_seconds: expected 0.001 to 3600.0, found nan"
        )
        #expect(
            refusal(of: request { $0.tests[3].kind = nil })
                == prefix + "tests[3].kind: expected stdio, call, assert_code or program_code, found none"
        )
        #expect(
            refusal(of: request { $0.tests = Array(repeating: $0.tests[0], count: 4097) })
                == prefix + "tests: expected at most 4096 entries, found 4097"
        )
        #expect(
            refusal(
                of: request {
                    var call = WireTestCase.Call()
                    call.argumentsJson = "{}"
                    call.expectedJson = "1"
                    $0.tests[0].kind = .call(call)
                }
            ) == prefix + "tests[0].arguments_json: expected a JSON array, found {}"
        )
    }

    @Test func everyRefusedFieldOfATrajectoryIsNamed() {
        let prefix = "shard_result.trajectories[0]."
        #expect(refusal(of: trajectory { _ in }) == nil)
        #expect(
            refusal(of: trajectory { $0.behaviourLogProbabilities = [-1] })
                == prefix + "behaviour_log_probabilities: expected 2 entries, found 1"
        )
        #expect(
            refusal(of: trajectory { $0.values[1] = .infinity })
                == prefix + "values[1]: expected a finite number, found inf"
        )
        #expect(refusal(of: trajectory { $0.tokenRewards = [0, -0.5] }) == nil)
        #expect(
            refusal(of: trajectory { $0.tokenRewards = [-0.5] })
                == prefix + "token_rewards: expected 2 entries, found 1"
        )
        #expect(
            refusal(of: trajectory { $0.supportCounts = [1, 4_294_967_295] })
                == prefix + "support_ids: expected 4294967296 entries, the sum of support_counts, found 0"
        )
        #expect(
            refusal(
                of: trajectory {
                    $0.verdict.outcome = "accepted"
                    $0.verdict.testsPassed = 3
                    $0.verdict.testsTotal = 2
                }
            ) == prefix + "verdict.tests_passed: expected 0 to 2, found 3"
        )
    }

    @Test func aManifestMustListAChunkForEveryByte() {
        var manifest = WireWeightManifest()
        manifest.digest = Data(digest)
        manifest.bytes = 2049
        manifest.chunkBytes = 1024
        manifest.chunkDigests = [Data(digest), Data(digest)]
        #expect(
            refusal(of: .weightManifest(manifest)) == "weight_manifest.chunk_digests: expected 3 entries, found 2"
        )
        manifest.chunkDigests.append(Data(digest))
        #expect(refusal(of: .weightManifest(manifest)) == nil)
        manifest.chunkChecksums = [1, 2]
        #expect(
            refusal(of: .weightManifest(manifest)) == "weight_manifest.chunk_checksums: expected 3 entries, found 2"
        )
        manifest.chunkChecksums = [1, 2, 3]
        #expect(refusal(of: .weightManifest(manifest)) == nil)
        manifest.chunkBytes = 0
        #expect(
            refusal(of: .weightManifest(manifest)) == "weight_manifest.chunk_bytes: expected 1 to 1048576, found 0"
        )
    }

    @Test func aModelFileMayNotLeaveItsDirectory() {
        var welcome = WireWelcome()
        welcome.modelFiles = ["../config.json": Data()]
        #expect(
            refusal(of: .welcome(welcome)) == "welcome.model_files: expected plain file names, found ../config.json"
        )
    }
}

struct JSONTextTests {
    @Test(arguments: [
        "null", "true", "[1,1.0,-0.0,1e+300]", #"{"a":[],"b":{}}"#, #""\n\"\\\u0001é""#, "NaN", "[Infinity,-Infinity]",
    ])
    func textIsKeptToTheLetter(text: String) throws {
        #expect(JSONText.write(try JSONText.read(text, field: "x")) == text)
    }

    @Test func anIntegerAndAFloatStayDifferent() throws {
        #expect(try JSONText.read("1", field: "x") == .integer(1))
        #expect(try JSONText.read("1.0", field: "x") == .number(1))
        #expect(try JSONText.read("[1e2]", field: "x") == .array([.number(100)]))
        #expect(try JSONText.read(#""\ud83d\ude00""#, field: "x") == .string("\u{1F600}"))
    }

    @Test(arguments: [
        ("", "x: expected JSON with a value at byte 0, found the end"),
        ("[1,]", "x: expected JSON with a value at byte 3, found ']'"),
        ("[1 2]", "x: expected JSON with ',' or ']' at byte 3, found '2]'"),
        ("{1:2}", "x: expected JSON with a key at byte 1, found '1:2}'"),
        ("\"abc", "x: expected JSON with the end of a string at byte 4, found the end"),
        ("1 1", "x: expected JSON with nothing more at byte 2, found '1'"),
        ("--1", "x: expected JSON with a value at byte 0, found '--1'"),
    ])
    func whatIsNotJSONIsRefusedAtItsByte(text: String, message: String) {
        do throws(ProtocolError) {
            _ = try JSONText.read(text, field: "x")
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: ProtocolError.self) { try JSONText.read(deep, field: "x") }
        let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSONText.read(allowed, field: "x") }
    }
}
