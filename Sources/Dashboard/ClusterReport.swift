package import Foundation
internal import Telemetry

/// Who takes part in a run, as the learner last saw it: `cluster.json` in the run directory, written every second or so.
package struct ClusterReport: Codable, Sendable, Equatable {
    /// What is known of the clock of another process.
    package struct Clock: Codable, Sendable, Equatable {
        /// Seconds by which it is ahead of the learner's; below 0: it is behind.
        package var offset: Double
        /// By how many seconds that may be wrong at most.
        package var error: Double

        package init(offset: Double, error: Double) {
            self.offset = offset
            self.error = error
        }

        private enum CodingKeys: String, CodingKey {
            case offset = "offset_s"
            case error = "error_s"
        }

        /// For people: `+0.31 ± 0.12 ms`.
        package var text: String {
            let scale = max(abs(offset), error) < 1 ? (factor: 1000.0, unit: "ms") : (factor: 1.0, unit: "s")
            let digits = error * scale.factor < 1 ? 3 : 1
            return "\(offset < 0 ? "−" : "+")\(fixed(abs(offset) * scale.factor, digits: digits)) ± "
                + "\(fixed(error * scale.factor, digits: digits)) \(scale.unit)"
        }
    }

    /// A rollout worker.
    package struct Worker: Codable, Sendable, Equatable {
        package var name: String
        /// Shards it may compute at once, and shards it computes.
        package var slots: Int
        package var leases: Int
        /// Version of the weights that its newest result was made with.
        package var version: Int?
        /// Seconds since it was last heard of.
        package var silence: Double
        package var shards: Int
        /// Nil before it has told.
        package var clock: Clock?

        package init(
            name: String,
            slots: Int,
            leases: Int,
            version: Int?,
            silence: Double,
            shards: Int,
            clock: Clock? = nil
        ) {
            self.clock = clock
            self.name = name
            self.slots = slots
            self.leases = leases
            self.version = version
            self.silence = silence
            self.shards = shards
        }
    }

    /// An executor.
    package struct Executor: Codable, Sendable, Equatable {
        package var name: String
        package var slots: Int
        /// Programs leased to it.
        package var leases: Int
        package var silence: Double
        /// Verdicts it gave.
        package var verdicts: Int
        package var languages: [String]
        /// Nil before it has told.
        package var clock: Clock?

        package init(
            name: String,
            slots: Int,
            leases: Int,
            silence: Double,
            verdicts: Int,
            languages: [String],
            clock: Clock? = nil
        ) {
            self.clock = clock
            self.name = name
            self.slots = slots
            self.leases = leases
            self.silence = silence
            self.verdicts = verdicts
            self.languages = languages
        }
    }

    /// Seconds since 1970.
    package var time: Double
    package var step: Int
    /// `starting`, `leasing`, `waiting`, `updating`, `publishing`, `recording`, `evaluating` or `finished`.
    package var phase: String
    /// Version of the newest weights.
    package var version: Int
    package var workers: [Worker]
    package var executors: [Executor]
    /// Programs waiting for a slot, and being run.
    package var queued: Int
    package var running: Int
    /// Mean wait for a slot, seconds.
    package var queueWait: Double

    package init(
        time: Double,
        step: Int,
        phase: String,
        version: Int,
        workers: [Worker],
        executors: [Executor],
        queued: Int,
        running: Int,
        queueWait: Double
    ) {
        self.time = time
        self.step = step
        self.phase = phase
        self.version = version
        self.workers = workers
        self.executors = executors
        self.queued = queued
        self.running = running
        self.queueWait = queueWait
    }

    private enum CodingKeys: String, CodingKey {
        case time, step, phase, version, workers, executors, queued, running
        case queueWait = "queue_wait_s"
    }

    /// The report in the run directory `run`; nil when there is none.
    package static func read(in run: URL) -> ClusterReport? {
        guard let data = try? Data(contentsOf: run.appending(path: "cluster.json")) else { return nil }
        return try? JSONDecoder().decode(ClusterReport.self, from: data)
    }

    /// Replaces the report in `run`; a disk that is full does not stop a run for it.
    package func write(in run: URL) {
        try? JSONEncoder().encode(self).write(to: run.appending(path: "cluster.json"), options: .atomic)
    }
}

/// A problem as people read it.
package struct ProblemText: Sendable, Equatable {
    package var id: String
    package var prompt: String
    package var reference: String
    package var tests: [String]

    package init(id: String, prompt: String, reference: String, tests: [String]) {
        self.id = id
        self.prompt = prompt
        self.reference = reference
        self.tests = tests
    }
}
