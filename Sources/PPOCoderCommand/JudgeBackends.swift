import Dispatching
import Foundation
import Learner
import Programs
import SandboxRunner
import Synchronization
import Telemetry
import Transport

/// Who judges programs for a command.
protocol Judge: Sendable {
    /// Programs between the oldest one without a verdict and the newest one taken.
    var window: Int { get }

    /// The walls round every program, when they are of this machine.
    var walls: Walls? { get }

    /// The verdict on `job`; trouble with one job is the outcome `infrastructureFailure`.
    ///
    /// - Throws: when no further verdict can be expected.
    func verdict(on job: ExecutionJob) async throws -> Verdict

    /// Ends what was started.
    func close() async
}

/// A sandbox pool in this process.
struct JudgeOnThisMachine: Judge {
    private let pool: SandboxPool
    let window: Int
    var walls: Walls? { pool.walls }

    /// A pool that judges `slots` programs at once; 0 is one per core.
    init(slots: Int, acceptsWeakWalls: Bool = false) async throws(SandboxError) {
        var configuration = SandboxConfiguration()
        configuration.acceptsWeakWalls = acceptsWeakWalls
        if slots > 0 { configuration.slots = slots }
        pool = try await SandboxPool(configuration: configuration)
        // Room beyond the slots, so that one slow program does not leave the others idle.
        window = 16 * configuration.slots
    }

    func verdict(on job: ExecutionJob) async -> Verdict { await pool.judge(job) }

    func close() async { await pool.shutdown() }
}

/// A dispatcher, and the executors behind it.
final class JudgeByDispatcher: Judge {
    private let transport: ZeroMQTransport
    private let channel: any ClientChannel
    private let client: ExecutionClient
    private let watch: Mutex<Task<Void, Never>?>
    private let silence = Mutex<JudgeSilence?>(nil)
    let window = 512
    let walls: Walls? = nil

    /// Connects to the dispatcher's `endpoint` for clients; every job fails after `patience` seconds without a word from it.
    init(endpoint: String, patience: Double, security: TransportSecurity) async throws {
        transport = try ZeroMQTransport(security: security) { writeNotice("judge: \($0)") }
        channel = try await transport.client(connecting: endpoint, options: .execution)
        client = ExecutionClient(channel: channel)
        watch = Mutex(nil)
        let task = Task { [self] in await listen(endpoint: endpoint, patience: patience) }
        watch.withLock { $0 = task }
    }

    func verdict(on job: ExecutionJob) async throws -> Verdict {
        do {
            return try await client.judge(job)
        } catch DispatchError.message(let error) {
            return Verdict(outcome: .infrastructureFailure, testsTotal: job.tests.count, diagnostics: "\(error)")
        } catch {
            throw silence.withLock { $0 } ?? error
        }
    }

    func close() async {
        watch.withLock { $0 }?.cancel()
        await client.close()
    }

    private func listen(endpoint: String, patience: Double) async {
        var heard = 0
        var lastWord = ContinuousClock.now
        var hasWarned = false
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            let frames = channel.statistics().framesReceived
            if frames != heard || client.outstanding == 0 {
                (heard, lastWord) = (frames, .now)
                continue
            }
            let quiet = (ContinuousClock.now - lastWord).seconds
            if quiet > min(5, patience / 2), heard == 0, !hasWarned {
                hasWarned = true
                writeNotice("judge: nobody answers at \(endpoint) yet; waiting up to \(patience) s")
            }
            if quiet > patience {
                silence.withLock {
                    $0 = JudgeSilence(endpoint: endpoint, seconds: patience, refusal: client.lastRefusal)
                }
                return await client.close()
            }
        }
    }
}

/// The dispatcher said nothing for too long.
struct JudgeSilence: Error, CustomStringConvertible {
    var endpoint: String
    var seconds: Double
    var refusal: String?

    var description: String {
        "\(endpoint): the dispatcher said nothing for \(seconds) s"
            + (refusal.map { "; its last refusal: \($0)" } ?? "")
    }
}
