import Foundation
import Testing

@Suite(.serialized) struct ReplayCommandTests {
    static let run = [
        "run.iterations=2", "run.record_rollouts=true", "run.evaluate_every=2", "rollout.prompts_per_step=4",
        "rollout.samples_per_prompt=2", "rollout.prompts_per_shard=2", "ppo.minibatch_size=4",
        "cluster.microbatch_size=2",
        "rollout.asp=20",
        "ppo.critic_warmup_steps=0",
    ]

    @Test func aRecordedRunReplayedGivesTheSameWeights() throws {
        let model = try TinyModel.path()
        let folder = try Scratch()
        let settings = (TinyModel.shape + Self.run + ["run.output_path=\(folder.url.path)", "run.name=small"])
            .flatMap { ["--set", $0] }
        let train = try CommandRun.ppocoder(["train", "--load_model_path", model] + settings)
        try #require(train.code == 0, "\(train.errors)")
        let weights = try #require(train.errors.firstMatch(of: /weights ([0-9a-f]{64})/)?.1)

        let rollouts = folder.path("small/rollouts.jsonl")
        let rows = try CommandRun.rows(String(contentsOfFile: rollouts, encoding: .utf8))
        #expect(rows.map { $0["step"] as? Int } == [Int](repeating: 0, count: 8) + [Int](repeating: 1, count: 8))

        let replay = try CommandRun.ppocoder(
            "replay",
            "--model",
            model,
            "--rollouts",
            rollouts,
            "--output",
            folder.path("replayed"),
            "--config",
            folder.path("small/config.yaml"),
            "--json"
        )
        try #require(replay.code == 0, "\(replay.errors)")
        let updates = try replay.rows()
        try #require(updates.map { $0["trajectories"] as? Int } == [8, 8])
        #expect(updates.last?["weights"] as? String == String(weights))
        #expect(updates[0]["weights"] as? String != updates[1]["weights"] as? String)
        for name in ["model.safetensors", "value_head.safetensors", "config.json"] {
            let replayed = try Data(contentsOf: URL(filePath: folder.path("replayed/\(name)")))
            #expect(try replayed == Data(contentsOf: URL(filePath: folder.path("small/final/\(name)"))), "\(name)")
        }

        // Another clip range is another update: the equality above is no accident.
        let other = try CommandRun.ppocoder(
            "replay",
            "--model",
            model,
            "--rollouts",
            rollouts,
            "--output",
            folder.path("other"),
            "--config",
            folder.path("small/config.yaml"),
            "--json",
            "--set",
            "optimizer.learning_rate=1e-3"
        )
        #expect(try other.rows().last?["weights"] as? String != String(weights))

        try refusals(rollouts: rollouts, model: model, folder: folder)
    }

    private func refusals(rollouts: String, model: String, folder: Scratch) throws {
        let lines = try String(contentsOfFile: rollouts, encoding: .utf8).split(separator: "\n").map(String.init)
        let cases: [(name: String, lines: [String], place: String)] = [
            ("descending", [lines[8], lines[0]], ":2: field \"step\": expected"),
            ("twice", [lines[0], lines[0]], ":2: field \"slot\": expected"),
            (
                "ragged", [lines[0].replacing("\"values\":[", with: "\"values\":[0.5,")],
                ":1: field \"values\": expected one number per token"
            ),
        ]
        for test in cases {
            let file = try folder.file("\(test.name).jsonl", test.lines.joined(separator: "\n"))
            let run = try CommandRun.ppocoder(
                "replay",
                "--model",
                model,
                "--rollouts",
                file.path,
                "--output",
                folder.path("refused")
            )
            #expect(run.code == 2)
            #expect(run.errors.contains(file.path + test.place), "\(run.errors)")
        }
    }
}
