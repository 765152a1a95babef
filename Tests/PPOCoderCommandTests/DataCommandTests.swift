import Foundation
import Testing

/// `ppocoder data` and `ppocoder eval --completions`, over files made here.
@Suite(.serialized) struct DataCommandTests {
    private static let good =
        #"{"id":"good","prompt":"double","language":"python","difficulty":"easy","#
        + #""tests":[{"kind":"call","function":"f","arguments":[2],"expected":4},{"kind":"call","function":"f","arguments":[0],"expected":0}],"reference":"def f(x):\n    return 2 * x\n"}"#
    private static let wrong =
        #"{"id":"wrong","prompt":"triple","language":"python","difficulty":"hard","#
        + #""tests":[{"kind":"call","function":"f","arguments":[2],"expected":6},{"kind":"call","function":"f","arguments":[0],"expected":0}],"#
        + #""reference":"def f(x):\n    return 2 * x\n"}"#
    private static let broken = #"{"id":"broken","prompt":"p","language":"python","reference":"def f(:\n"}"#

    private static func folder() throws -> Scratch {
        let folder = try Scratch()
        _ = try folder.file("test.jsonl", [good, wrong, broken].joined(separator: "\n"))
        return folder
    }

    @Test func inspectCountsAndMeasures() throws {
        let folder = try Self.folder()
        let run = try CommandRun.ppocoder(
            "data",
            "inspect",
            "--task",
            "jsonl",
            "--data-path",
            folder.url.path,
            "--split",
            "test",
            "--samples",
            "1",
            "--json"
        )
        #expect(run.code == 0, "\(run.errors)")
        let report = try #require(try run.rows().first)
        #expect(report["problems"] as? Int == 3 && report["tests"] as? Int == 4 && report["with_tests"] as? Int == 2)
        #expect((report["difficulties"] as? [String: Int]) == ["easy": 1, "hard": 1])
        #expect((report["prompt"] as? [String: Double])?["maximum"] == 6)
        #expect(run.errors.contains("── good") && !run.errors.contains("── wrong"))
    }

    @Test func checkFindsTheCeilingAndNamesEveryFailure() throws {
        let folder = try Self.folder()
        let run = try CommandRun.ppocoder(
            "data",
            "check",
            "--task",
            "jsonl",
            "--data-path",
            folder.path("test.jsonl"),
            "--ceiling",
            folder.path("ceiling.json"),
            "--failures",
            folder.path("failures.jsonl"),
            "--json"
        )
        #expect(run.code == 0, "\(run.errors)")
        let report = try #require(try run.rows().first)
        let failures = try #require(report["failures"] as? [[String: Any]])
        #expect(failures.map { $0["id"] as? String } == ["wrong", "broken"])
        #expect(failures.map { $0["verdict"] as? String } == ["wrong_answer", "compile_error"])
        #expect(failures[0]["tests"] as? String == "1/2")
        #expect((failures[1]["diagnostics"] as? String)?.contains("SyntaxError") == true)
        let rows = try CommandRun.rows(String(contentsOfFile: folder.path("failures.jsonl"), encoding: .utf8))
        #expect(rows.count == 2)
        // Two of three compile, one of three passes; eval shows both.
        _ = try folder.file("c.jsonl", #"{"id":"good","completions":["def f(x):\n    return x + x\n"]}"#)
        let eval = try CommandRun.ppocoder(
            "eval",
            "--completions",
            folder.path("c.jsonl"),
            "--task",
            "jsonl",
            "--data-path",
            folder.url.path,
            "--ceiling",
            folder.path("ceiling.json")
        )
        #expect(eval.code == 0, "\(eval.errors)")
        #expect(eval.errors.contains("gold ceiling") && eval.errors.contains("66.7") && eval.errors.contains("33.3"))
    }

    @Test func convertedProblemsReadBackAndOnlySoundOnesWhenAsked() throws {
        let folder = try Self.folder()
        let flags = ["data", "convert", "--task", "jsonl", "--data-path", folder.path("test.jsonl"), "--output"]
        let all = try CommandRun.ppocoder(flags + [folder.path("all.jsonl")])
        let sound = try CommandRun.ppocoder(flags + [folder.path("sound.jsonl"), "--sound-only"])
        #expect(all.code == 0 && sound.code == 0, "\(all.errors) \(sound.errors)")
        let twice = try CommandRun.ppocoder([
            "data", "convert", "--task", "jsonl", "--data-path", folder.path("all.jsonl"), "--output",
            folder.path("twice.jsonl"),
        ])
        #expect(twice.code == 0)
        let first = try String(contentsOfFile: folder.path("all.jsonl"), encoding: .utf8)
        #expect(try String(contentsOfFile: folder.path("twice.jsonl"), encoding: .utf8) == first)
        let kept = try CommandRun.rows(String(contentsOfFile: folder.path("sound.jsonl"), encoding: .utf8))
        #expect(kept.map { $0["id"] as? String } == ["good"])
    }

    @Test func aCorpusOfFunctionsCompiles() throws {
        let folder = try Scratch()
        try FileManager.default.createDirectory(at: folder.url.appending(path: "in"), withIntermediateDirectories: true)
        _ = try folder.file("in/a.py", "def f():\n    return 1\n\nclass A:\n    def g(self):\n        return 2\n")
        _ = try folder.file("in/b.py", "def f():\n    return 1\n\ndef h(:\n    pass\n")
        let run = try CommandRun.ppocoder(
            "data",
            "convert",
            "--python-files",
            folder.path("in"),
            "--output",
            folder.path("out")
        )
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("left out: 1 that do not compile, 1 repeats"))
        let rows = try ["train", "validation", "test"].flatMap { split in
            try CommandRun.rows(String(contentsOfFile: folder.path("out/\(split).jsonl"), encoding: .utf8))
        }
        #expect(Set(rows.compactMap { $0["id"] as? String }) == ["a.py:1", "a.py:5"])
    }

    /// Cut after `if x:` a function does not compile; cut after a statement it does.
    @Test func aCorpusCanHoldTheBeginningsOfTrainingFunctions() throws {
        let folder = try Scratch()
        let statement = "    total = total + some_value_of_the_list_that_is_added_here + 1\n"
        let body = String(repeating: statement, count: 4) + "    if total > 3:\n        total = 0\n    return total\n"
        let functions = (0..<40).map { "def f\($0)(total):\n\(body)\n" }
        try FileManager.default.createDirectory(at: folder.url.appending(path: "in"), withIntermediateDirectories: true)
        _ = try folder.file("in/a.py", functions.joined())
        let run = try CommandRun.ppocoder([
            "data", "convert", "--python-files", folder.path("in"), "--beginnings", "9", "--output", folder.path("out"),
        ])
        #expect(run.code == 0, "\(run.errors)")
        let rows = { (split: String) in
            try CommandRun.rows(String(contentsOfFile: folder.path("out/\(split).jsonl"), encoding: .utf8))
        }
        let train = try rows("train").compactMap { $0["id"] as? String }
        let held = try (rows("validation") + rows("test")).compactMap { $0["id"] as? String }
        #expect(held.allSatisfy { !$0.contains("/") })
        // 192 bytes are reached in the third of the four lines: after it, the fourth and the inner one a function may end.
        #expect(Set(train.compactMap { $0.split(separator: "/").dropFirst().first }) == ["4", "5", "7"])
        #expect(Set(train).count == train.count)
    }

    @Test func givenCompletionsGivePassAtK() throws {
        let folder = try Self.folder()
        let right = #""def f(x):\n    return x + x\n""#
        let no = #""def f(x):\n    return x\n""#
        let evil = #"{"text":"</pre><script>alert(1)</script>\u0000\u202e","finished":false}"#
        _ = try folder.file(
            "c.jsonl",
            #"{"id":"good","completions":[\#(no),\#(right),\#(no),\#(right)]}"# + "\n"
                + #"{"id":"wrong","completions":[\#(evil),\#(right),\#(no),\#(no)]}"#
        )
        let run = try CommandRun.ppocoder(
            "eval",
            "--completions",
            folder.path("c.jsonl"),
            "--task",
            "jsonl",
            "--data-path",
            folder.url.path,
            "--json",
            "--submissions",
            "1",
            "--html",
            folder.path("page.html"),
            "--markdown",
            folder.path("table.md"),
            "--output",
            folder.path("rows.jsonl")
        )
        #expect(run.code == 0, "\(run.errors)")
        let report = try #require(try run.rows().first)
        // good: 2 of 4, wrong: 0 of 4.
        #expect(report["pass@1"] as? Double == 0.25)
        #expect(report["problems"] as? Int == 2 && report["given_pass@1"] as? Double == 0)
        // Two of good's samples pass the public test, and everything; of wrong, none does.
        #expect(report["1@4"] as? Double == 0.5)
        let byDifficulty = try #require(report["by_difficulty"] as? [String: [String: Any]])
        #expect(byDifficulty["easy"]?["pass@1"] as? Double == 0.5 && byDifficulty["hard"]?["pass@1"] as? Double == 0)
        let interval = try #require((report["intervals"] as? [String: [Double]])?["pass@1"])
        #expect(interval == [0, 0.5])
        let page = try String(contentsOfFile: folder.path("page.html"), encoding: .utf8)
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)"))
        #expect(page.contains("⟨U+0⟩⟨U+202E⟩") && page.contains("default-src 'none'"))
        #expect(try String(contentsOfFile: folder.path("table.md"), encoding: .utf8).contains("| pass@1, sampled"))
        #expect(try CommandRun.rows(String(contentsOfFile: folder.path("rows.jsonl"), encoding: .utf8)).count == 2)
    }

    @Test func theBuiltinTranslationsNeedNoData() throws {
        let task = ["--task", "builtin-pairs", "--json"]
        let inspect = try CommandRun.ppocoder(["data", "inspect", "--limit", "5", "--samples", "1"] + task)
        let summary = try #require(try inspect.rows().first, "\(inspect.errors)")
        #expect(summary["languages"] as? [String: Int] == ["python": 5] && summary["with_tests"] as? Int == 5)
        #expect(inspect.errors.contains("── javascript-python/") && inspect.errors.contains("── to write\ndef "))
        let check = try CommandRun.ppocoder(["data", "check", "--limit", "12", "--l1", "python"] + task)
        let gold = try #require(try check.rows().first?["ceiling"] as? [String: Any], "\(check.errors)")
        let counts = (gold["languages"] as? [String: [String: Int]])?["javascript"]
        #expect(counts == ["judged": 12, "compiled": 12, "passed": 12], "\(gold)")
        let eval = ["eval", "--model", try TinyModel.path(), "--set", "rollout.max_target_length=12"] + task
        let judged = try CommandRun.ppocoder(eval + ["--limit", "2", "--l2", "javascript"])
        let report = try #require(try judged.rows().first, "\(judged.errors)")
        #expect(report["problems"] as? Int == 2 && report["references"] as? Int == 2 && report["unjudged"] as? Int == 0)
        let train = try CommandRun.ppocoder(eval + ["--split", "train"])
        #expect(train.code != 0 && train.errors.contains("the built-in problems are judged on held-out ones"))
        let ruby = try CommandRun.ppocoder(["data", "inspect", "--l1", "ruby"] + task)
        #expect(ruby.code == 2 && ruby.errors.contains("data.l1 is ruby, expected one of python, javascript"))
    }

    @Test func whatIsNotThereIsRefusedByName() throws {
        let folder = try Self.folder()
        let data = ["--task", "jsonl", "--data-path", folder.url.path]
        _ = try folder.file("c.jsonl", #"{"id":"other","completions":["x"]}"#)
        let stranger = try CommandRun.ppocoder(["eval", "--completions", folder.path("c.jsonl")] + data)
        #expect(stranger.code == 2 && stranger.errors.contains("\"other\", which is no problem of this split"))
        let task = try CommandRun.ppocoder("data", "inspect", "--task", "mbppp", "--data-path", "x")
        #expect(task.code == 2 && task.errors.contains("did you mean mbpp?"))
        for name in ["builtin", "completion", "apps", "mbxp-pairs", "contests"] { #expect(task.errors.contains(name)) }
        let both = try CommandRun.ppocoder(["eval"] + data)
        #expect(both.code == 2 && both.errors.contains("either --model or --completions"))
    }

    @Test func generationsOfABaselineAreComparedProblemByProblem() throws {
        let model = try TinyModel.path()
        let folder = try Self.folder()
        // Before, two of three were right; the tiny model writes nothing that is.
        let old = ["def f(x):\\n    return 2 * x\\n", "def f(x):\\n    return 3 * x\\n", "def f(:"]
        _ = try folder.file("test.model.txt", old.joined(separator: "\n") + "\n")
        let flags = [
            "eval", "--model", model, "--task", "jsonl", "--data-path", folder.url.path, "--json",
            "--baseline_output_dir", folder.url.path, "--beams", "3",
        ]
        let shape = ["rollout.max_target_length=12", "data.max_source_length=64"].flatMap { ["--set", $0] }
        let run = try CommandRun.ppocoder(flags + shape)
        #expect(run.code == 0, "\(run.errors)")
        let baseline = try #require(try run.rows().first?["baseline"] as? [String: Any])
        let figures = try #require(baseline["figures"] as? [[String: Any]])
        let pass = try #require(figures.first { $0["key"] as? String == "beam_pass@1" })
        #expect(abs((pass["before"] as? Double ?? 0) - 2.0 / 3) < 1e-12 && pass["after"] as? Double == 0)
        #expect(run.errors.contains("against the baseline"))
        let limited = try CommandRun.ppocoder(flags + shape + ["--limit", "2"])
        #expect(limited.code == 2 && limited.errors.contains("expected one for each of the 2 problems"))
    }
}
