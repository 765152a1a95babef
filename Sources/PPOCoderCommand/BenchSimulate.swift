import ArgumentParser
import Dispatching
import Foundation
import Telemetry

/// `ppocoder bench simulate`: histories of a cluster in trouble, as many as one likes.
struct BenchSimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs the cluster's state machines through losses, copies, delays, crashes, stops and partitions.",
        discussion: """
            Learner, dispatcher, rollout workers and executors, with one clock and a network that does what it likes: each \
            seed is one history. Nothing may be lost, counted twice or judged wrongly, memory must stay bounded, and all work \
            must end once there is no more trouble. Exit code 1 when a history breaks one of these, with its seed.
            """
    )

    @Option(help: "Histories.")
    var seeds = 1000

    @Option(name: .customLong("first-seed"), help: "Seed of the first history.")
    var firstSeed: UInt64 = 0

    @Option(help: "Threads; 0 is one per core.")
    var threads = 0

    @Option(
        help: ArgumentHelp(
            "Put in a mistake, which must be found: \(SimulationOptions.PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"
        )
    )
    var plant: String?

    @Flag(help: "Print the figures as JSON on stdout.")
    var json = false

    func validate() throws {
        guard seeds > 0, threads >= 0 else { throw ValidationError("--seeds must be 1 or more, --threads 0 or more") }
        if let plant, SimulationOptions.PlantedBug(rawValue: plant) == nil {
            let known = SimulationOptions.PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--plant is \(plant), expected one of \(known)")
        }
    }

    func run() async throws {
        let bug = plant.flatMap { SimulationOptions.PlantedBug(rawValue: $0) }
        let clock = BenchClock()
        let progress = ProgressDisplay()
        let (total, failed) = await histories(bug, progress)
        progress.finish()
        var figures = BenchFigures(
            bench: "simulate",
            columns: [
                ("histories", 0), ("events", 0), ("dropped", 0), ("duplicated", 0), ("crashes", 0), ("stops", 0),
                ("partitions", 0), ("requeued", 0), ("quarantined", 0), ("hedged", 0), ("cpu_s", 0),
            ]
        )
        figures.rows.append(
            BenchFigures.Row(
                name: failed == nil ? "all hold" : "broken",
                figures: [
                    "histories": Double(total.histories), "events": Double(total.report.events),
                    "dropped": Double(total.report.dropped), "duplicated": Double(total.report.duplicated),
                    "crashes": Double(total.report.crashes), "stops": Double(total.report.pauses),
                    "partitions": Double(total.report.partitions), "requeued": Double(total.report.requeued),
                    "quarantined": Double(total.report.quarantined), "hedged": Double(total.report.hedged),
                    "cpu_s": clock.cpuSeconds,
                ]
            )
        )
        try figures.report(json: json)
        guard let failed else { return }
        writeNotice("seed \(failed): \(total.report.complaint ?? "")")
        writeNotice(
            "again: ppocoder bench simulate --seeds 1 --first-seed \(failed)\(plant.map { " --plant \($0)" } ?? "")"
        )
        throw ExitCode(1)
    }

    /// Seeds in pieces, several at a time, until one is found that breaks something.
    private func histories(
        _ bug: SimulationOptions.PlantedBug?,
        _ progress: ProgressDisplay
    ) async -> (total: (report: SimulationReport, histories: Int), failed: UInt64?) {
        let piece: UInt64 = 250
        let end = firstSeed + UInt64(seeds)
        var next = firstSeed
        var total = (report: SimulationReport(), histories: 0)
        var failed: UInt64?
        let width = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
        await withTaskGroup(of: (SimulationReport, UInt64?, Int).self) { group in
            func add() {
                guard next < end, failed == nil else { return }
                let range = next..<min(end, next + piece)
                next = range.upperBound
                group.addTask {
                    let (report, failed) = simulate(seeds: range, plantedBug: bug)
                    return (report, failed, failed.map { Int($0 - range.lowerBound) + 1 } ?? range.count)
                }
            }
            for _ in 0..<width { add() }
            for await (report, broken, count) in group {
                total = (total.report + report, total.histories + count)
                if let broken { failed = min(failed ?? broken, broken) }
                if total.histories.isMultiple(of: 5000) { progress.note("simulate: \(total.histories) histories hold") }
                add()
            }
        }
        return (total, failed)
    }
}
