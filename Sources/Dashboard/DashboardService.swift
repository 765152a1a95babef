internal import Foundation
package import Monitoring

/// Answers the page and its questions about some runs; read-only.
package struct DashboardService: Sendable {
    private let runs: [RunReader]
    private let health: HealthService?
    private let pollSeconds: Double

    /// - Parameters:
    ///   - runs: what can be looked at, in this order.
    ///   - health: of the process that serves, when it has `/metrics` and `/healthz`.
    ///   - pollSeconds: how often the run directories are looked at for readers that wait.
    package init(runs: [RunReader], health: HealthService? = nil, pollSeconds: Double = 1) {
        self.runs = runs
        self.health = health
        self.pollSeconds = pollSeconds
    }

    /// Reads every run once, so that the first reader does not wait.
    package func warmUp() async {
        for run in runs { await run.refresh() }
    }

    package func answer(_ request: WebRequest) async -> WebResponse {
        if let answer = health?.answer(request) { return answer }
        switch request.path {
        case "/", "/index.html": return .text(DashboardPage.document, type: "text/html")
        case "/style.css": return .text(DashboardPage.style, type: "text/css")
        case "/page.js": return .text(DashboardPage.script, type: "text/javascript")
        case "/healthz": return .text("ok\n")
        case "/api/runs":
            var json = JSONBuilder()
            // One after the other: an actor cannot be asked inside the closure that writes.
            var lines: [JSONBuilder] = []
            for (index, run) in runs.enumerated() { lines.append(await run.summary(index: index)) }
            json.list { list in for line in lines { list.raw(line) } }
            return .json(json.bytes)
        case "/api/events": return WebResponse(contentType: "text/event-stream", body: .events(events()))
        default:
            guard request.path.hasPrefix("/api/") else { return .notFound }
            guard let index = request.integer("run"), runs.indices.contains(index) else {
                return .text("run: expected 0 … \(runs.count - 1)\n", status: 400)
            }
            return await answer(request, runs[index])
        }
    }

    private func answer(_ request: WebRequest, _ run: RunReader) async -> WebResponse {
        do {
            switch request.path {
            case "/api/series":
                let names = (request.query["names"] ?? "").split(separator: ",").prefix(200).map(String.init)
                let limit = min(max(request.integer("points") ?? 400, 10), 4000)
                return .json(await run.series(names: names, limit: limit).bytes)
            case "/api/overview":
                return .json(await run.overview().bytes)
            case "/api/rollouts":
                let limit = min(max(request.integer("limit") ?? 50, 1), 500)
                return .json(try await run.rollouts(filter: Self.filter(request), limit: limit).bytes)
            case "/api/rollout":
                guard let step = request.integer("step"), let slot = request.integer("slot") else {
                    return .text("step and slot: expected whole numbers\n", status: 400)
                }
                guard let json = try await run.rollout(step: step, slot: slot) else { return .notFound }
                return .json(json.bytes)
            default:
                return .notFound
            }
        } catch {
            return .text("the ledger cannot be read: \(error)\n", status: 503)
        }
    }

    private static func filter(_ request: WebRequest) -> LedgerReader.Filter {
        var filter = LedgerReader.Filter()
        filter.verdicts = (request.query["verdict"] ?? "").split(separator: ",").prefix(16).map(String.init)
        filter.problem = request.query["problem"]
        filter.leastScore = request.number("least")
        filter.greatestScore = request.number("greatest")
        filter.firstStep = request.integer("first")
        filter.lastStep = request.integer("last")
        if let step = request.integer("before"), let slot = request.integer("slot") { filter.before = (step, slot) }
        return filter
    }

    /// The number of a run whenever it has written something; an empty event every 15 seconds.
    private func events() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(64))
        let watching = Task { [runs, pollSeconds] in
            var marks: [Int: String] = [:]
            var silence = 0.0
            continuation.yield("")
            while !Task.isCancelled {
                for (index, run) in runs.enumerated() {
                    let mark = await run.refresh()
                    if let old = marks[index], old != mark {
                        continuation.yield("\(index)")
                        silence = 0
                    }
                    marks[index] = mark
                }
                guard (try? await Task.sleep(for: .seconds(pollSeconds))) != nil else { break }
                silence += pollSeconds
                if silence >= 15 {
                    silence = 0
                    continuation.yield("")
                }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in watching.cancel() }
        return stream
    }
}
