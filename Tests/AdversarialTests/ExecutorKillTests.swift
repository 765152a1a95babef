import Foundation
import Testing

/// Short forms of `Tools/sandbox-endurance dispatched` and `drain`: executors at a dispatcher, each a process of its own.
@Suite(.serialized) struct ExecutorKillTests {
    private func endurance(_ verb: String, _ count: Int) throws -> (status: Int32, output: String, errors: String) {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var environment = ProcessInfo.processInfo.environment
        environment["PPOCODER"] = product("ppocoder")
        return try output(
            of: ["/usr/bin/python3", root.path + "/Tools/sandbox-endurance", verb, "\(count)"],
            environment: environment
        )
    }

    @Test func `Whoever is killed at a dispatcher, every program has its one right verdict and nothing is left`() throws
    {
        let run = try endurance("dispatched", 30)
        #expect(run.status == 0, "\(run)")
        #expect(run.output.contains("wrong or missing verdicts: 0;"), "\(run)")
    }

    @Test func `An executor told to stop delivers what it has in hand, and leaves the rest to others`() throws {
        let run = try endurance("drain", 1)
        #expect(run.status == 0, "\(run)")
        #expect(run.output.contains("in hand when told to stop: 3; its status 0"), "\(run)")
    }
}
