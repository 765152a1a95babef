import ArgumentParser
import Foundation
import Learner
import Telemetry

/// `ppocoder bench`: what this machine does in a second.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the parts of a run on this machine.",
        subcommands: [
            BenchJudgeCommand.self, BenchFlakesCommand.self, BenchGenerateCommand.self, BenchUpdateCommand.self,
            BenchIterationCommand.self, BenchGemmCommand.self, BenchSimulateCommand.self, BenchDispatchCommand.self,
            BenchClusterCommand.self, BenchExecutorCommand.self, BenchWeightsCommand.self,
        ]
    )
}

/// Seconds of the clock and of the processor since it was made.
struct BenchClock {
    private let begun = ContinuousClock.now
    private let ownSeconds = BenchClock.cpuSeconds(RUSAGE_SELF)
    private let childSeconds = BenchClock.cpuSeconds(RUSAGE_CHILDREN)

    var wallSeconds: Double { (ContinuousClock.now - begun).seconds }
    /// CPU time of this process.
    var cpuSeconds: Double { Self.cpuSeconds(RUSAGE_SELF) - ownSeconds }
    /// CPU time of child processes that have ended since, and of theirs.
    var childCPUSeconds: Double { Self.cpuSeconds(RUSAGE_CHILDREN) - childSeconds }

    static func cpuSeconds(_ who: __rusage_who) -> Double {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(who.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

/// Figures under their names, printed as a table for people and as JSON for programs.
struct BenchFigures: Encodable {
    /// One measured thing.
    struct Row: Encodable {
        var name: String
        var figures: [String: Double]
    }

    var bench: String
    var rows: [Row] = []
    /// Figures shown in the table, in order, and their digits after the point.
    var columns: [(name: String, digits: Int)]

    private enum CodingKeys: CodingKey {
        case bench, rows
    }

    /// Prints the table on stderr and, when asked, the figures on stdout.
    func report(json: Bool) throws {
        var table = Table(columns: [bench] + columns.map { $0.name.replacing("_", with: " ") })
        for row in rows {
            table.addRow(
                [row.name]
                    + columns.map { column in row.figures[column.name].map { fixed($0, digits: column.digits) } ?? "–" }
            )
        }
        writeNotice(table.plain)
        if json { try printJSON(self) }
    }
}
