import Foundation
import Testing

/// A run whose programs go to two dispatchers, each with an executor of its own.
struct SeveralDispatchersRunTests {
    /// One of two dispatchers with what it needs.
    private struct Pool {
        let folder: String
        let name: String
        var programs: String { "ipc://\(folder)/programs" }

        init(_ scratch: Scratch, _ name: String) throws {
            self.name = name
            folder = scratch.path(name)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }

        func dispatcher() throws -> LiveProcess {
            let process = try LiveProcess(
                "ppocoder-sandbox",
                [
                    "dispatch", "--programs", programs, "--executors", "ipc://\(folder)/executors", "--status", "0.1",
                    "--quarantine", folder + "/quarantine",
                ]
            )
            _ = try process.match(/programs at/)
            return process
        }

        func executor() throws -> LiveProcess {
            try LiveProcess(
                "ppocoder-sandbox",
                [
                    "execute", "--dispatcher", "ipc://\(folder)/executors", "--slots", "1", "--languages", "python",
                    "--name", name,
                ]
            )
        }
    }

    private func settings(_ folder: Scratch, _ name: String) throws -> [String] {
        let settings =
            TinyModel.shape + ReplayCommandTests.run + [
                "run.iterations=40", "run.output_path=\(folder.url.path)", "run.name=\(name)", "run.evaluate_every=40",
                "run.record_rollouts=false",
            ]
        return ["train", "--load_model_path", try TinyModel.path()] + settings.flatMap { ["--set", $0] }
    }

    /// Both work; the first is killed in the middle of the run, and started again later.
    @Test(.timeLimit(.minutes(5))) func aDispatcherKilledInTheMiddleChangesNothingInTheWeights() throws {
        let folder = try Scratch()
        let undisturbed = try CommandRun.ppocoder(try settings(folder, "one"))
        try #require(undisturbed.code == 0, "\(undisturbed.errors)")
        let weights = try #require(undisturbed.errors.firstMatch(of: /weights ([0-9a-f]{64})/)?.output.1)

        let pools = [try Pool(folder, "a"), try Pool(folder, "b")]
        let first = try pools[0].dispatcher()
        let second = try pools[1].dispatcher()
        let executors = try pools.map { try $0.executor() }
        defer { for process in executors + [first, second] { process.stop() } }
        for dispatcher in [first, second] { _ = try dispatcher.match(/1 executors \(0 not trusted\), 1 slots/) }
        let list = pools.map { "'\($0.programs)'" }.joined(separator: ", ")
        let train = try LiveProcess(
            "ppocoder",
            try settings(folder, "two") + ["--set", "cluster.dispatcher=[\(list)]"]
        )
        defer { train.stop() }
        _ = try train.match(/step:3\s/)
        first.kill()
        _ = try train.match(/the dispatcher at ipc:\S+a\/programs has said nothing for [5-9] s/)
        let again = try pools[0].dispatcher()
        defer { again.stop() }
        let (code, text) = try train.end()
        #expect(code == 0)
        let found = try #require(text.firstMatch(of: /weights ([0-9a-f]{64})/)?.output.1)
        #expect(String(found) == String(weights))
        // Issued = accepted + expired + quarantined + outstanding, over both dispatchers and both lives of the first.
        let account = try #require(
            text.firstMatch(
                of: /programs: issued (\d+) = accepted (\d+) \+ expired 0 \+ quarantined 0 \+ outstanding 0; (\d+) went/
            )
        )
        let counts = [account.output.1, account.output.2, account.output.3].map { Int(String($0)) ?? 0 }
        #expect(counts[0] == counts[1] && counts[2] > 0)
        // Both had their share before.
        _ = try first.match(/accepted [1-9]/)
        _ = try second.match(/accepted [1-9]/)
    }
}
