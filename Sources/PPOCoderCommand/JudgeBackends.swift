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

/// A dispatcher or several, and the executors behind them.
final class JudgeByDispatcher: Judge {
    private let transport: ZeroMQTransport
    private let channels: [any ClientChannel]
    private let client: ExecutionClient
    private let watch: Mutex<Task<Void, Never>?>
    private let silence = Mutex<JudgeSilence?>(nil)
    let window = 512
    let walls: Walls? = nil

    /// Connects to the dispatchers' `endpoints` for clients; every job fails after `patience` seconds without a word from any.
    init(endpoints: [String], patience: Double, security: TransportSecurity) async throws {
        let transport = try ZeroMQTransport(security: security) { writeNotice("judge: \($0)") }
        self.transport = transport
        var dispatchers: [ExecutionClient.Dispatcher] = []
        for endpoint in endpoints {
            let channel = try await transport.client(connecting: endpoint, options: .execution)
            dispatchers.append(ExecutionClient.Dispatcher(name: endpoint, channel: channel))
        }
        channels = dispatchers.map(\.channel)
        client = ExecutionClient(dispatchers: dispatchers) { writeNotice("judge: \($0)") }
        let endpoint = endpoints.joined(separator: ", ")
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
            let frames = channels.reduce(0) { $0 + $1.statistics().framesReceived }
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
