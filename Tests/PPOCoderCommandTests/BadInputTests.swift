import Foundation
import Testing

/// What a user gets wrong: exit code 2, and a message that says where and what was expected.
@Suite(.serialized) struct BadInputTests {
    static let commands = [
        "train", "sft", "eval", "generate", "logprobs", "judge", "score", "replay", "bench", "doctor", "bench judge",
        "bench generate", "bench update", "bench gemm",
    ]

    @Test(arguments: commands) func helpGoesToStdoutAndEndsWithZero(command: String) throws {
        let run = try CommandRun.ppocoder(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(run.code == 0)
        #expect(run.output.contains("USAGE: ppocoder \(command)"))
        #expect(run.errors.isEmpty)
    }

    @Test func unknownCommandsAndFlagsAreBadUsage() throws {
        for arguments in [["juge"], ["judge", "--slot", "2"], ["generate"], ["score", "--input"]] {
            let run = try CommandRun.ppocoder(arguments)
            #expect(run.code == 2, "\(arguments)")
            #expect(run.output.isEmpty && run.errors.contains("rror"), "\(arguments): \(run.errors)")
        }
    }

    @Test func valuesOutOfRangeAreBadUsage() throws {
        let cases = [
            (["generate", "--model", "m", "--prompts", "p", "--temperature", "0"], "--temperature"),
            (["generate", "--model", "m", "--prompts", "p", "--top-p", "1.5"], "--top-p"),
            (["generate", "--model", "m", "--prompts", "p", "--greedy", "--samples", "2"], "--greedy"),
            (["generate", "--model", "m", "--prompts", "p", "--max-target-length", "0"], "--max-target-length"),
            (["logprobs", "--model", "m", "--input", "i", "--max-source-length", "1"], "--max-source-length"),
            (["judge", "--slots", "-1"], "--slots"),
            (["bench", "judge", "--programs", "-1"], "--programs"),
        ]
        for (arguments, flag) in cases {
            let run = try CommandRun.ppocoder(arguments)
            #expect(run.code == 2, "\(arguments): \(run.errors)")
            #expect(run.errors.contains(flag), "\(run.errors)")
        }
    }

    @Test func missingFilesAreNamed() throws {
        let model = try TinyModel.path()
        let cases = [
            ["generate", "--model", model, "--prompts", "/nowhere/rows.jsonl"],
            ["logprobs", "--model", model, "--input", "/nowhere/rows.jsonl"],
            ["judge", "--input", "/nowhere/rows.jsonl"],
            ["score", "--input", "/nowhere/rows.jsonl"],
            ["replay", "--model", model, "--rollouts", "/nowhere/rows.jsonl", "--output", "/nowhere/out"],
            ["eval", "--model", model, "--task", "mbpp", "--data-path", "/nowhere/rows.jsonl"],
            ["eval", "--model", model, "--config", "/nowhere/rows.jsonl"],
        ]
        for arguments in cases {
            let run = try CommandRun.ppocoder(arguments)
            #expect(run.code == 2, "\(arguments): \(run.errors)")
            #expect(run.errors.contains("/nowhere/rows.jsonl"), "\(run.errors)")
            #expect(run.output.isEmpty)
        }
    }

    @Test func malformedRowsAreNamedByFileLineAndField() throws {
        let model = try TinyModel.path()
        let folder = try Scratch()
        let judge = ["judge", "--input"]
        let score = ["score", "--input"]
        let generate = ["generate", "--model", model, "--prompts"]
        let logprobs = ["logprobs", "--model", model, "--input"]
        let replay = ["replay", "--model", model, "--output", folder.path("out"), "--rollouts"]
        let cases: [(command: [String], row: String, field: String, expected: String)] = [
            (generate, #"{"id":"a"}"#, "source", "missing"),
            (generate, #"{"id":"a","source":7}"#, "source", "a text"),
            (generate, #"{"id":[],"source":"x"}"#, "id", "a text or an integer"),
            (generate, "not json", "row", "JSON object"),
            (logprobs, #"{"id":1,"source":"x"}"#, "target", "a text"),
            (logprobs, #"{"id":1,"source_ids":[1,99999],"target_ids":[2]}"#, "source_ids[1]", "0 to"),
            (logprobs, #"{"id":1,"source_ids":[1],"target_ids":[]}"#, "target_ids", "at least one"),
            (score, #"{"id":1,"language":"cobol","candidate":"","reference":""}"#, "language", "python, c, cpp"),
            (score, #"{"id":1,"language":"go","reference":""}"#, "candidate", "missing"),
            (judge, #"{"id":1,"language":"klingon","program":""}"#, "language", "one of python"),
            (judge, #"{"id":1,"language":"python","program":"","tests":[{"kind":"guess"}]}"#, "tests[0].kind", "stdio"),
            (
                judge, #"{"id":1,"language":"python","program":"","tests":[{"kind":"stdio","stdin":""}]}"#,
                "tests[0].stdout", "missing"
            ),
            (
                judge, #"{"id":1,"language":"java","program":"","tests":[{"kind":"assert","code":"x"}]}"#,
                "tests[0].kind", "Python"
            ),
            (
                judge, #"{"id":1,"language":"python","program":"","limits":{"cpu_seconds":1}}"#, "limits.cpu_seconds",
                "cpu_s"
            ),
            (judge, #"{"id":1,"language":"python","program":"","limits":{"cpu_s":0}}"#, "limits.cpu_s", "more than 0"),
            (replay, #"{"step":0}"#, "reward_terms", "missing"),
        ]
        for (number, test) in cases.enumerated() {
            let file = try folder.file("rows-\(number).jsonl", "\n" + test.row + "\n")
            let run = try CommandRun.ppocoder(test.command + [file.path])
            #expect(run.code == 2, "\(test.row): \(run.errors)")
            let place = "\(file.path):2: field \"\(test.field)\": expected "
            #expect(run.errors.contains(place), "\(run.errors) does not say \(place)")
            #expect(run.errors.contains(test.expected), "\(run.errors) does not say \(test.expected)")
        }
    }

    @Test func rowsBeforeABadOneAreAnsweredAndBadOnesCanBeSkipped() throws {
        let row = #"{"id":"good","language":"python","candidate":"x = 1","reference":"x = 1"}"#
        let folder = try Scratch()
        let file = try folder.file("rows.jsonl", "\(row)\n{}\n\(row)\n")
        let strict = try CommandRun.ppocoder("score", "--input", file.path, "--output", folder.path("strict.jsonl"))
        #expect(strict.code == 2)
        #expect(try String(contentsOfFile: folder.path("strict.jsonl"), encoding: .utf8).contains(#""id":"good""#))
        let lenient = try CommandRun.ppocoder("score", "--input", file.path, "--skip-bad-rows")
        #expect(lenient.code == 0, "\(lenient.errors)")
        #expect(try lenient.rows().count == 2)
        #expect(lenient.errors.contains("skipped \(file.path):2: field"))
        #expect(lenient.errors.contains("1 bad row skipped"))
    }

    @Test func aLineThatIsNotUTF8IsNamedByItsFirstWrongByte() throws {
        let folder = try Scratch()
        let file = folder.url.appending(path: "rows.jsonl")
        try (Data(#"{"id":"x"#.utf8) + [0xFF] + Data("\"}\n".utf8)).write(to: file)
        let run = try CommandRun.ppocoder("score", "--input", file.path)
        #expect(run.code == 2)
        #expect(
            run.errors.contains("\(file.path):1: field \"row\": expected UTF-8; byte 9 of the line is 0xFF"),
            "\(run.errors)"
        )
    }

    @Test func unknownSettingsAreAnsweredWithTheNearestOne() throws {
        let model = try TinyModel.path()
        let eval = try CommandRun.ppocoder("eval", "--model", model, "--set", "rollout.temprature=0.5")
        #expect(eval.code == 2)
        #expect(
            eval.errors.contains("rollout.temprature") && eval.errors.contains("did you mean \"rollout.temperature\"")
        )
        let replay = try CommandRun.ppocoder(
            "replay",
            "--model",
            model,
            "--rollouts",
            "-",
            "--output",
            "/nowhere",
            "--set",
            "ppo.clip_epsilno=0.1"
        )
        #expect(replay.code == 2)
        #expect(replay.errors.contains("did you mean \"ppo.clip_epsilon\""))
    }

    @Test func modelDirectoriesThatAreNotAreNamedWithWhatTheyLack() throws {
        let folder = try Scratch()
        let prompts = try folder.file("prompts.jsonl", #"{"id":1,"source":"x"}"#).path
        let missing = try CommandRun.ppocoder("generate", "--model", "/nowhere/model", "--prompts", prompts)
        #expect(missing.code == 2)
        #expect(missing.errors.contains("/nowhere/model") && missing.errors.contains("config.json"))
        for name in ["config.json", "model.safetensors", "vocab.json", "merges.txt"] {
            let copy = folder.url.appending(path: "without-\(name)")
            try FileManager.default.copyItem(at: URL(filePath: try TinyModel.path()), to: copy)
            try FileManager.default.removeItem(at: copy.appending(path: name))
            // A whole tokenizer in another format would stand in for the two files.
            try? FileManager.default.removeItem(at: copy.appending(path: "tokenizer.json"))
            let run = try CommandRun.ppocoder("generate", "--model", copy.path, "--prompts", prompts)
            #expect(run.code == 2, "\(name): \(run.errors)")
            #expect(run.errors.contains(copy.path) && run.errors.contains(name), "\(name): \(run.errors)")
        }
    }

    @Test func outputsThatCannotBeWrittenAreRefusedBeforeTheWork() throws {
        let run = try CommandRun.ppocoder("score", "--output", "/nowhere/rows.jsonl", input: "")
        #expect(run.code == 2)
        #expect(run.errors.contains("/nowhere/rows.jsonl: cannot be written"))
    }

    @Test func endpointsThatAreNoneAreBadInputAndSilentOnesFail() throws {
        let row = #"{"id":1,"language":"python","program":"x = 1"}"#
        let bad = try CommandRun.ppocoder("judge", "--connect", "carrier-pigeon", input: row)
        #expect(bad.code == 2)
        #expect(bad.errors.contains("carrier-pigeon"))
        let folder = try Scratch()
        let endpoint = "ipc:///tmp/nobody-\(UUID().uuidString.prefix(8))"
        let silent = try CommandRun.ppocoder(
            ["judge", "--connect", endpoint, "--patience", "1", "--output", folder.path("out")],
            input: row
        )
        #expect(silent.code == 1)
        #expect(silent.errors.contains("\(endpoint): the dispatcher said nothing for 1.0 s"), "\(silent.errors)")
    }
}
