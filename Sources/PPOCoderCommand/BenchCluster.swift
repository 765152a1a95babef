import ArgumentParser
import Dispatching
import Foundation
import Learner
import Telemetry

/// `ppocoder bench cluster`: how a cluster of this machine's processes scales, what holds it back, and how many to have.
struct BenchClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract:
            "Sweeps executors, rollout workers and the size of shards; says what is idle, what is the bottleneck, and "
            + "what more would bring.",
        discussion: """
            Two parts. The executors' plane: jobs that take a second and no processor, for as many slots as are named, over \
            processes. Training: short runs with every combination of --executors, --workers and --shards. A model with the \
            same state machines is compared with every measured point, and then asked about 1,000 executors and 100 workers \
            on a 10 Gbit/s network. What is measured on one machine shares its cores.
            """
    )

    @Option(parsing: .upToNextOption, help: "Slots of the executors' plane; none leaves it out.")
    var slots = [1, 4, 16, 64, 256]

    @Option(name: .customLong("job-seconds"), help: "How long a job of the plane takes, seconds.")
    var jobSeconds = 1.0

    @Option(name: .customLong("jobs-per-slot"), help: "Jobs of the plane for each slot.")
    var jobsPerSlot = 8

    @Option(parsing: .upToNextOption, help: "Executors of a training run.")
    var executors = [1, 2]

    @Option(parsing: .upToNextOption, help: "Rollout workers of a training run.")
    var workers = [1, 2]

    @Option(parsing: .upToNextOption, help: "Prompts per shard of a training run.")
    var shards = [4, 8]

    @Option(help: "Iterations of each training run; 0 leaves training out.")
    var iterations = 8

    @Option(help: ArgumentHelp("Write a page with plots here.", valueName: "file"))
    var html: String?

    @Flag(help: "Print the figures as JSON on stdout.")
    var json = false

    func validate() throws {
        guard (slots + executors + workers + shards).allSatisfy({ $0 > 0 }), jobSeconds > 0, jobsPerSlot > 0,
            iterations == 0 || iterations > 2
        else { throw ValidationError("numbers must be above 0, and --iterations 0 or more than 2") }
    }

    func run() async throws {
        _ = raiseDescriptorLimit()
        var result = ClusterFigures(cores: ProcessInfo.processInfo.activeProcessorCount)
        let plane = BenchPlane(jobSeconds: jobSeconds, jobsPerSlot: jobsPerSlot, slotsPerProcess: 64)
        for count in slots {
            writeNotice("cluster: \(count) slots, \(count * jobsPerSlot) jobs of \(jobSeconds) s")
            result.plane.append(try await plane.measure(slots: count))
        }
        if iterations > 0 { try await train(&result) }
        result.extrapolate(plane)
        result.report()
        if let html {
            try ClusterPage(result).html.write(toFile: html, atomically: true, encoding: .utf8)
            writeNotice("page \(html)")
        }
        if json { try printJSON(result) }
    }

    private func train(_ result: inout ClusterFigures) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bench-cluster-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let training = BenchTraining(iterations: iterations, folder: folder)
        let file = try await training.prepare()
        for shard in shards.sorted() {
            for executor in executors.sorted() {
                for worker in workers.sorted() {
                    writeNotice(
                        "cluster: training with \(executor) executors, \(worker) workers, \(shard) prompts per shard"
                    )
                    result.training.append(
                        try await training.measure(file, executors: executor, workers: worker, promptsPerShard: shard)
                    )
                }
            }
        }
        result.explain(training)
    }
}

/// Everything `bench cluster` found out.
struct ClusterFigures: Encodable {
    /// What one more process would bring, by the model.
    struct Advice: Encodable {
        var change: String
        /// Share by which programs per second rise.
        var gain: Double
    }

    /// What the model says of a cluster that is not here.
    struct Extrapolation: Encodable {
        var what: String
        var figure: Double
        var unit: String
        /// How far the model was off where it could be compared, as a share.
        var error: Double?
    }

    var bench = "cluster"
    var cores: Int
    var plane: [BenchPlane.Point] = []
    var training: [BenchTraining.Point] = []
    var advice: [Advice] = []
    var extrapolation: [Extrapolation] = []
    /// Largest difference between model and measurement, as a share of the measured time.
    var planeError = 0.0
    var trainingError = 0.0

    private enum CodingKeys: String, CodingKey {
        case bench, cores, plane, training, advice, extrapolation
        case planeError = "plane_model_error"
        case trainingError = "training_model_error"
    }

    init(cores: Int) { self.cores = cores }

    /// Efficiency, the model's error, and what more processes would bring.
    mutating func explain(_ training: BenchTraining) {
        guard let base = self.training.first else { return }
        for i in self.training.indices {
            let point = self.training[i]
            let more = Double(point.executors + point.workers) / Double(base.executors + base.workers)
            self.training[i].scalingEfficiency = point.programsPerSecond / base.programsPerSecond / more
            let seconds = training.modelledStep(
                base,
                executors: point.executors,
                workers: point.workers,
                promptsPerShard: point.promptsPerShard,
                cores: Double(cores)
            )
            self.training[i].modelledStepSeconds = seconds
            self.training[i].modelError = (seconds - point.stepSeconds) / point.stepSeconds
            trainingError = max(trainingError, abs(self.training[i].modelError))
        }
        guard let best = self.training.max(by: { $0.programsPerSecond < $1.programsPerSecond }) else { return }
        func step(_ executors: Int, _ workers: Int, _ cores: Double) -> Double {
            training.modelledStep(
                best,
                executors: best.executors + executors,
                workers: best.workers + workers,
                promptsPerShard: best.promptsPerShard,
                cores: cores
            )
        }
        for (where_, cores) in [("on this machine", Double(cores)), ("on machines of their own", Double.infinity)] {
            let now = step(0, 0, cores)
            for (executors, workers) in [(1, 0), (3, 0), (0, 1), (2, 1), (6, 3)] {
                let parts = [(executors, "executors"), (workers, "rollout workers")].filter { $0.0 > 0 }
                let change = parts.map { "+\($0.0) \($0.1)" }.joined(separator: ", ")
                advice.append(Advice(change: "\(change) \(where_)", gain: now / step(executors, workers, cores) - 1))
            }
        }
    }

    /// 1,000 executors, 100 workers on 25 hosts, 10 Gbit/s.
    mutating func extrapolate(_ plane: BenchPlane) {
        planeError = plane_errors.max() ?? 0
        let large = BenchPlane(jobSeconds: 1, jobsPerSlot: 8, slotsPerProcess: 1)
        let report = large.model(slots: 1000, perExecutor: 1, dispatcherSeconds: 50e-6, latency: 0.0002)
        let error = self.plane.isEmpty ? nil : planeError
        extrapolation.append(
            Extrapolation(
                what: "1,000 executors, jobs of 1 s: efficiency",
                figure: 8 / report.seconds,
                unit: "",
                error: error
            )
        )
        extrapolation.append(
            Extrapolation(
                what: "1,000 executors, jobs of 1 s: dispatcher busy",
                figure: report.dispatcherBusy,
                unit: "of a core",
                error: error
            )
        )
        var options = ClusterModel.Options()
        options.executors = 1000
        options.workers = 100
        options.shardsPerStep = 400
        options.programsPerShard = 32
        options.steps = 2
        options.sampleSeconds = 4
        options.jobSeconds = 0.5
        options.updateSeconds = 8
        options.dispatcherSeconds = 50e-6
        options.latencySeconds = 0.0002
        // 240 MB in bfloat16 through a relay tree of fan-out two: twice the bytes through one link, and the depth.
        options.weightSeconds = 120e6 * 2 / 1.15e9 + 7 * 2 * 0.0009
        var model = ClusterModel(options: options)
        let run = model.run()
        let trainingError = training.isEmpty ? nil : self.trainingError
        for (what, figure, unit) in [
            ("1,000 executors, 100 workers, 12,800 programs a step: step", run.seconds / 2, "s"),
            ("… programs", run.programsPerSecond, "1/s"),
            ("… executors busy", run.executorBusy, ""), ("… workers busy", run.workerBusy, ""),
            ("… learner busy", run.learnerBusy, ""),
            ("… weights to 100 workers (60 M parameters, bf16 tree)", options.weightSeconds, "s"),
        ] {
            extrapolation.append(Extrapolation(what: what, figure: figure, unit: unit, error: trainingError))
        }
    }

    private var plane_errors: [Double] { plane.map { abs($0.modelError) } }

    func report() {
        if !plane.isEmpty {
            var table = Table(columns: [
                "slots", "processes", "jobs", "s", "efficiency", "programs/s", "dispatcher", "model", "model off by",
            ])
            for p in plane {
                table.addRow([
                    "\(p.slots)", "\(p.processes)", "\(p.jobs)", fixed(p.seconds, digits: 2), percent(p.efficiency),
                    fixed(p.programsPerSecond, digits: 1), percent(p.dispatcherCPUShare), percent(p.modelledEfficiency),
                    percent(p.modelError),
                ])
            }
            writeNotice(table.plain)
        }
        if !training.isEmpty {
            var table = Table(columns: [
                "executors × workers × prompts per shard", "programs/s", "tokens/s", "queue wait s", "weights s",
                "learner idle",
                "workers idle", "executors idle", "scaling", "bottleneck", "step s", "model s",
            ])
            for p in training {
                table.addRow([
                    "\(p.executors) × \(p.workers) × \(p.promptsPerShard)", fixed(p.programsPerSecond, digits: 1),
                    fixed(p.tokensPerSecond, digits: 0), fixed(p.queueWaitSeconds, digits: 3),
                    fixed(p.weightSyncSeconds, digits: 3),
                    percent(p.learnerIdle), percent(p.workerIdle), percent(p.executorIdle),
                    percent(p.scalingEfficiency),
                    p.bottleneck, fixed(p.stepSeconds, digits: 2), fixed(p.modelledStepSeconds, digits: 2),
                ])
            }
            writeNotice(table.plain)
        }
        for advice in advice { writeNotice("cluster: \(advice.change): \(signed(advice.gain)) programs/s predicted") }
        for item in extrapolation {
            let error = item.error.map { " (the model was off by at most \(percent($0)) where it was measured)" } ?? ""
            writeNotice("cluster: \(item.what) \(fixed(item.figure, digits: 3)) \(item.unit)\(error)")
        }
    }

    private func percent(_ share: Double) -> String { fixed(100 * share, digits: 1) + " %" }

    private func signed(_ share: Double) -> String { (share < 0 ? "" : "+") + percent(share) }
}
