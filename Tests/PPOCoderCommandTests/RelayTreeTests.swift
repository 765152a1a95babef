import Foundation
import Testing

/// Weights that come through relays, processes of their own, over CURVE.
@Suite(.serialized) struct RelayTreeTests {
    private static let settings = [
        "run.iterations=6", "run.evaluate_every=6", "run.checkpoint_every=6", "run.name=tree",
        "data.evaluation_problems=1", "rollout.prompts_per_step=4", "rollout.samples_per_prompt=2",
        "rollout.prompts_per_shard=1", "rollout.max_target_length=8", "ppo.minibatch_size=8", "sandbox.slots=1",
    ]

    private func digest(_ text: String) -> String? {
        text.split(separator: "\n").last { $0.hasPrefix("weights ") }.map(String.init)
    }

    /// What the learner has sent of weights, in whole versions: in every iteration in which there was something to be sent.
    private func versionsSent(_ run: String) throws -> [Double] {
        let rows = try CommandRun.rows(String(contentsOfFile: "\(run)/metrics.jsonl", encoding: .utf8))
        return try rows.filter { $0["weights/bytes_sent"] != nil }.compactMap { row in
            let sent = try #require(row["weights/bytes_sent"] as? Double)
            let full = try #require(row["weights/bytes_full"] as? Double)
            return sent > 0 ? sent / full : nil
        }
    }

    /// learner → near → far → two workers; the near relay is killed in the middle.
    @Test func aRelayThatIsKilledInTheMiddleOfATreeChangesNothing() throws {
        let folder = try Scratch()
        let port = Int.random(in: 20_000...30_000)
        func at(_ offset: Int) -> String { "tcp://127.0.0.1:\(port + offset)" }
        let keys = folder.path("keys")
        #expect(try CommandRun.ppocoder("keygen", "--output", keys).code == 0)
        let settings = (Self.settings + ["model.path=\(try TinyModel.path())"]).flatMap { ["--set", $0] }
        let plain = try CommandRun.ppocoder(["train", "--output_path", folder.path("plain")] + settings)
        let expected = try #require(digest(plain.output + plain.errors), "\(plain.errors)")

        let learner = try LiveProcess(
            "ppocoder",
            ["train", "--output_path", folder.path("runs")] + settings
                + [
                    "cluster.endpoint=\(at(0))", "cluster.keys=\(keys)", "cluster.rollout_workers=0",
                ].flatMap { ["--set", $0] }
        )
        let relay = ["relay", "--connect", at(1), "--keys", "\(keys)/relay", "--listen"]
        let socket = "/tmp/ppocoder-test-\(getpid())-\(port)"
        let near = try LiveProcess("ppocoder-rollout", relay + [at(5)])
        _ = try near.match(/they come from the learner/)
        let far = try LiveProcess(
            "ppocoder-rollout",
            relay + [at(6), "--listen", "ipc://\(socket)", "--weights-from", at(5)]
        )
        _ = try far.match(/they come from the relay at tcp:\/\/127\.0\.0\.1:\d+, or else from the learner/)
        let workers = try [at(6), "ipc://\(socket)"].map { source in
            try LiveProcess(
                "ppocoder-rollout",
                ["--connect", at(0), "--keys", "\(keys)/rollout", "--weights-from", source]
            )
        }
        _ = try learner.match(#/step:2 /#)
        near.kill()
        // Its receiver finds out by itself, and those behind it need not.
        _ = try far.match(/the relay at tcp\S+ is silent; for half a minute weights come from the learner/)
        let (code, text) = try learner.end()
        #expect(code == 0, "\(text)")
        #expect(digest(text) == expected, "\(text)")
        for worker in workers {
            let (code, said) = try worker.end()
            #expect(code == 0)
            #expect(!said.contains("comes from the learner"), "\(said)")
        }
        // Once, and not once per worker; what the near one had not handed on when it was killed, once more. An update that finds
        // nothing to learn makes no new weights.
        let sent = try versionsSent(folder.path("runs/tree"))
        #expect(sent.count >= 3)
        #expect(sent.reduce(0, +) <= Double(sent.count + 1), "\(sent)")
        #expect(FileManager.default.fileExists(atPath: socket))
        far.stop()
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test func aRelayWithoutItsKeyDoesNotBegin() throws {
        let folder = try Scratch()
        let keys = folder.path("keys")
        #expect(try CommandRun.ppocoder("keygen", "--output", keys).code == 0)
        func refusal(_ arguments: [String]) throws -> (code: Int32, text: String) {
            try LiveProcess("ppocoder-rollout", arguments).end()
        }
        let connect = ["relay", "--connect", "tcp://127.0.0.1:6001", "--listen"]
        let wrong = try refusal(connect + ["tcp://127.0.0.1:6005", "--keys", "\(keys)/executor"])
        #expect(wrong.code == 2)
        #expect(wrong.text.contains("executor/secret.key is the key of role executor, expected relay"), "\(wrong.text)")
        let none = try refusal(connect + ["tcp://127.0.0.1:6005"])
        #expect(none.code == 1)
        #expect(none.text.contains("TCP needs keys"), "\(none.text)")
        let open = try refusal(connect + ["tcp://192.0.2.1:6005", "--insecure"])
        #expect(open.code == 1)
        #expect(open.text.contains("without keys TCP is for the loopback interface only"), "\(open.text)")
        let all = try refusal(connect + ["tcp://0.0.0.0:6005", "--keys", keys])
        #expect(all.text.contains("'0.0.0.0' is every interface of this machine"), "\(all.text)")
        let name = try CommandRun.ppocoder("keygen", "--output", keys, "--add", "relay", "--name", "x")
        #expect(name.code == 2 && name.errors.contains("--add relay takes no --name"), "\(name.errors)")
    }
}
