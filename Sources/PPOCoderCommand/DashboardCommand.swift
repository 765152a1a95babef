import ArgumentParser
import Dashboard
import Foundation
import Learner
import Monitoring
import Telemetry
import Transport

/// `ppocoder dashboard`: a page about runs.
struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Serves a page about runs: curves, rewards, the cluster, and what the policy wrote.",
        discussion: """
            Reads run directories, of runs that go on too, and changes nothing. Without a run, all in ./runs are shown. \
            Listens on this machine only; with PPOCODER_MONITORING_TOKEN set (16 characters or more) it may listen \
            elsewhere, and the page is opened once with ?token=….
            """
    )

    @Argument(help: ArgumentHelp("Run directories.", valueName: "run"))
    var runs: [String] = []

    @Option(help: ArgumentHelp("PORT, HOST:PORT or [IPv6]:PORT; port 0 is any free one.", valueName: "address"))
    var listen = "127.0.0.1:8400"

    func run() async throws {
        let directories = try Self.directories(runs)
        let address = try ListenAddress(listen)
        let token = try AccessToken.fromEnvironment(ProcessInfo.processInfo.environment)
        let readers = directories.map { RunReader(directory: $0, problem: problemLookup(of: RunDirectory(url: $0))) }
        let service = DashboardService(runs: readers)
        let server = try WebServer(address: address, token: token) { await service.answer($0) }
        let lifetime = ProcessLifetime(watchParent: false) { _ in _exit(0) }
        defer { withExtendedLifetime(lifetime) {} }
        await service.warmUp()
        try await server.run { taken in
            writeNotice("dashboard: http://\(taken)/\(token == nil ? "" : "?token=…")")
        }
    }

    /// The run directories that `paths` name; without any, all in `runs`.
    static func directories(_ paths: [String]) throws -> [URL] {
        var urls = paths.map { URL(filePath: $0) }
        if paths.isEmpty {
            let folder = URL(filePath: RunConfiguration().run.outputPath)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            urls = names.sorted().map { folder.appending(path: $0) }.filter { isRun($0) }
            guard !urls.isEmpty else {
                throw ValidationError("there is no run in \(folder.path): name run directories, as in runs/NAME")
            }
        }
        for url in urls where !isRun(url) {
            throw ValidationError("\(url.path) is not a run directory: it has neither config.yaml nor metrics.jsonl")
        }
        return urls
    }

    private static func isRun(_ url: URL) -> Bool {
        ["config.yaml", "metrics.jsonl"].contains {
            FileManager.default.fileExists(atPath: url.appending(path: $0).path)
        }
    }
}
