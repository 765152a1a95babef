import Determinism
import Foundation
import Learner
import Synchronization
import Telemetry
import Testing
import Transformer
import Transport

/// The signature: the same seed gives the same weights, whatever the cluster did.
@Suite(.serialized) struct RunInvarianceTests {
    @Test(arguments: [0, 1])
    func theSameSeedGivesTheSameWeightsWhateverTheClusterDid(staleness: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        let first = InMemoryRun.configuration(staleness: staleness, model: model, output: folder.appending(path: "one"))
        try PolicyModel.fresh(first, source: ProblemSource(configuration: first)).save(to: model)
        let start = try PolicyModel.load(from: model.path).parameters.digest()

        let one = try await InMemoryRun.train(first, workers: 1)
        #expect(one != start, "nothing was learnt, so nothing is shown")
        let records = try RunLog.read(RunDirectory(configuration: first).metrics)
        #expect(records.count > 5)
        #expect(MetricName.unknown(in: Set(records.flatMap { $0.metrics.keys })) == [])
        let differences = records.compactMap { $0.metrics["training/rollout_log_prob_diff_max"] }
        #expect(differences.count == 5)
        #expect(differences.allSatisfy { staleness > 0 || $0 <= 1e-5 })
        let three = InMemoryRun.configuration(
            staleness: staleness,
            model: model,
            output: folder.appending(path: "three")
        )
        #expect(try await InMemoryRun.train(three, workers: 3) == one)
        let killed = InMemoryRun.configuration(
            staleness: staleness,
            model: model,
            output: folder.appending(path: "killed")
        )
        #expect(try await InMemoryRun.train(killed, workers: 3, losing: true) == one)

        var halves = InMemoryRun.configuration(
            staleness: staleness,
            model: model,
            output: folder.appending(path: "halves")
        )
        halves.run.iterations = 2
        _ = try await InMemoryRun.train(halves, workers: 2)
        halves.run.iterations = 5
        #expect(try await InMemoryRun.train(halves, workers: 1, resume: true) == one)

        var other = InMemoryRun.configuration(
            staleness: staleness,
            model: model,
            output: folder.appending(path: "other")
        )
        other.run.seed = 2
        #expect(try await InMemoryRun.train(other, workers: 1) != one)
    }

    @Test func howWeightsTravelChangesNothingButRounding() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        func configuration(_ encoding: String, _ name: String) -> RunConfiguration {
            var configuration = InMemoryRun.configuration(
                staleness: 1,
                model: model,
                output: folder.appending(path: name)
            )
            configuration.run.iterations = 4
            configuration.cluster.weightEncoding = encoding
            return configuration
        }
        let start = configuration("fp32", "start")
        try PolicyModel.fresh(start, source: ProblemSource(configuration: start)).save(to: model)
        let plain = try await InMemoryRun.train(configuration("fp32", "fp32"), workers: 1)
        #expect(try await InMemoryRun.train(configuration("delta", "delta"), workers: 2, losing: true) == plain)
        let rounded = try await InMemoryRun.train(configuration("bf16", "bf16"), workers: 1)
        #expect(rounded != plain, "nothing was rounded, so nothing is shown")
        // The same policy samples, however it travels, and in a run that was stopped.
        var halves = configuration("bf16_delta", "halves")
        halves.run.iterations = 2
        _ = try await InMemoryRun.train(halves, workers: 2)
        halves.run.iterations = 4
        #expect(try await InMemoryRun.train(halves, workers: 1, resume: true) == rounded)
    }
    @Test func workersThatShareWeightsThroughARelayChangeNothing() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        func configuration(_ name: String, shared: Bool) -> RunConfiguration {
            let output = folder.appending(path: name)
            var configuration = InMemoryRun.configuration(staleness: 0, model: model, output: output)
            configuration.run.iterations = 4
            configuration.cluster.shareWeights = shared
            return configuration
        }
        let start = configuration("start", shared: false)
        try PolicyModel.fresh(start, source: ProblemSource(configuration: start)).save(to: model)
        let plain = try await InMemoryRun.train(configuration("plain", shared: false), workers: 2)
        // Over real sockets, and with a relay that goes away with its worker in the middle.
        let transport = try ZeroMQTransport()
        let notes = Mutex<[String]>([])
        let shared = try await InMemoryRun.train(configuration("shared", shared: true), workers: 2, over: transport) {
            note in notes.withLock { $0.append(note) }
        }
        #expect(shared == plain)
        let relays = notes.withLock { $0 }.filter {
            $0.hasPrefix("relay of weights: the workers at ipc:///tmp/ppocoder-")
        }
        #expect(relays.count == 1, "one of the two serves both")
        #expect(notes.withLock { $0.count { $0.contains("comes from the learner") } } == 0)
        await transport.close()
        #expect(try await InMemoryRun.train(configuration("lost", shared: true), workers: 2, losing: true) == plain)
    }
}
