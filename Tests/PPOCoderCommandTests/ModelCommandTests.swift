import Foundation
import Testing

/// Commands that run a model, on a few thousand random weights.
@Suite(.serialized) struct ModelCommandTests {
    static let prompts = (0..<20).map { #"{"id":"p\#($0)","source":"Write a function f(x) that adds \#($0)."}"# }
        .joined(separator: "\n")

    static func generate(_ arguments: String...) throws -> CommandRun {
        let model = try TinyModel.path()
        let run = try CommandRun.ppocoder(
            ["generate", "--model", model, "--prompts", "-", "--max-target-length", "12"] + arguments,
            input: prompts
        )
        try #require(run.code == 0, "\(run.errors)")
        return run
    }

    @Test func completionsDependOnTheSeedAndNotOnTheThreads() throws {
        let one = try Self.generate("--samples", "3", "--threads", "1")
        let three = try Self.generate("--samples", "3", "--threads", "3")
        let other = try Self.generate("--samples", "3", "--seed", "2")
        #expect(one.output == three.output)
        #expect(one.output != other.output)
        let rows = try one.rows()
        #expect(rows.map { $0["id"] as? String } == (0..<20).map { "p\($0)" })
        for row in rows {
            let completions = try #require(row["completions"] as? [[String: Any]])
            #expect(completions.count == 3)
            for completion in completions {
                #expect(Set(completion.keys) == ["text", "tokens", "logprobs", "finished"])
                let tokens = try #require(completion["tokens"] as? [Int])
                #expect((1...12).contains(tokens.count))
                #expect((completion["logprobs"] as? [Double])?.count == tokens.count)
                #expect((completion["logprobs"] as? [Double])?.allSatisfy { $0 <= 0 } == true)
                #expect(completion["finished"] as? Bool == true || tokens.count == 12)
            }
        }
        let texts = rows.flatMap { ($0["completions"] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String } }
        #expect(Set(texts).count > 30)
    }

    @Test func greedyCompletionsDoNotDependOnTheSeed() throws {
        #expect(try Self.generate("--greedy").output == Self.generate("--greedy", "--seed", "9").output)
    }

    @Test func aMinimumLengthIsKept() throws {
        for row in try Self.generate("--min-target-length", "11").rows() {
            for completion in row["completions"] as? [[String: Any]] ?? [] {
                #expect((completion["tokens"] as? [Int])?.count == 12)
            }
        }
    }

    @Test func recordedLogProbabilitiesAreThoseOfTheScorer() throws {
        let model = try TinyModel.path()
        let generated = try Self.generate("--temperature", "0.7").rows()
        let folder = try Scratch()
        // The ids of a prompt come back from scoring an empty target of it by text.
        var questions: [String] = []
        for row in generated {
            let completion = try #require((row["completions"] as? [[String: Any]])?.first)
            let text = try #require(completion["text"] as? String)
            let id = try #require(row["id"] as? String)
            let source = "Write a function f(x) that adds \(id.dropFirst())."
            let question: [String: Any] = ["id": id, "source": source, "target": text]
            questions.append(String(decoding: try JSONSerialization.data(withJSONObject: question), as: UTF8.self))
        }
        let file = try folder.file("rows.jsonl", questions.joined(separator: "\n"))
        let run = try CommandRun.ppocoder("logprobs", "--model", model, "--input", file.path, "--temperature", "0.7")
        #expect(run.code == 0, "\(run.errors)")
        var compared = 0
        for (row, made) in zip(try run.rows(), generated) {
            #expect(Set(row.keys) == ["id", "target_ids", "logprobs", "values", "entropy"])
            let completion = try #require((made["completions"] as? [[String: Any]])?.first)
            let ids = try #require(row["target_ids"] as? [Int])
            let logprobs = try #require(row["logprobs"] as? [Double])
            #expect(
                (row["values"] as? [Double])?.count == ids.count && (row["entropy"] as? [Double])?.count == ids.count
            )
            let tokens = try #require(completion["tokens"] as? [Int])
            // Encoding a text again may split it otherwise; where the tokens are the same, so are the numbers.
            for (position, pair) in zip(tokens, ids).enumerated() {
                guard pair.0 == pair.1 else { break }
                let recorded = (completion["logprobs"] as? [Double])?[position] ?? 0
                #expect(abs(recorded - logprobs[position]) < 1e-5)
                compared += 1
            }
        }
        #expect(compared > 20)
    }

    @Test func idsAreScoredAsTheyAre() throws {
        let model = try TinyModel.path()
        let run = try CommandRun.ppocoder(
            "logprobs",
            "--model",
            model,
            "--input",
            "-",
            input: #"{"id":7,"source_ids":[1,50,2],"target_ids":[60,61,2]}"#
        )
        #expect(run.code == 0, "\(run.errors)")
        let row = try #require(try run.rows().first)
        #expect(row["id"] as? Int == 7)
        #expect(row["target_ids"] as? [Int] == [60, 61, 2])
        let entropies = try #require(row["entropy"] as? [Double])
        #expect(entropies.count == 3 && entropies.allSatisfy { $0 > 0 && $0 < 6 })
    }

    @Test func evaluationReportsEveryFigure() throws {
        let model = try TinyModel.path()
        let folder = try Scratch()
        let shape = TinyModel.shape.flatMap { ["--set", $0] }
        let run = try CommandRun.ppocoder(
            [
                "eval", "--model", model, "--limit", "3", "--samples", "5", "--json", "--output",
                folder.path("rows.jsonl"),
            ]
                + shape
        )
        // `--set` comes after the flags and wins: four problems.
        #expect(run.code == 0, "\(run.errors)")
        let report = try #require(try run.rows().first)
        #expect(report["problems"] as? Int == 4 && report["references"] as? Int == 4 && report["unjudged"] as? Int == 0)
        for key in [
            "greedy_pass@1", "greedy_compile_rate", "pass@1", "pass@5", "sampled_compile_rate", "exact_match",
            "edit_similarity", "bleu", "codebleu",
        ] {
            let value = try #require(report[key] as? Double, "\(key)")
            #expect((0...100).contains(value), "\(key)")
        }
        #expect(run.errors.contains("pass@5, sampled"))
        let rows = try CommandRun.rows(String(contentsOfFile: folder.path("rows.jsonl"), encoding: .utf8))
        #expect(rows.count == 4)
        #expect(rows.allSatisfy { ($0["samples"] as? [Any])?.count == 5 })
    }

    @Test func aPerfectModelOfTheReferencesWouldPass() throws {
        // The built-in references, judged as `eval` judges completions, are accepted: the zero above is the model's.
        let run = try CommandRun.ppocoder("bench", "judge", "--programs", "20", "--json")
        #expect(run.code == 0, "\(run.errors)")
        let rows = try #require(try run.rows().first?["rows"] as? [[String: Any]])
        let figures = try #require(rows.first?["figures"] as? [String: Double])
        #expect(figures["programs"] == 20 && figures["accepted"] == 20)
    }

    @Test func benchmarksPrintTheirFigures() throws {
        for name in ["generate", "update"] {
            let run = try CommandRun.ppocoder(
                "bench",
                name,
                "--prompts",
                "2",
                "--samples",
                "2",
                "--max-target-length",
                "8",
                "--json"
            )
            #expect(run.code == 0, "\(run.errors)")
            let row = try #require(try run.rows().first)
            #expect(row["bench"] as? String == name)
            let figures = try #require((row["rows"] as? [[String: Any]])?.first?["figures"] as? [String: Double])
            #expect((figures["wall_s"] ?? 0) > 0 && (figures["parameters"] ?? 0) > 100_000)
        }
    }

    @Test func doctorSaysWhatItFound() throws {
        let run = try CommandRun.ppocoder("doctor", "--json")
        let report = try #require(try run.rows().first)
        let ok = try #require(report["ok"] as? Bool)
        #expect(run.code == (ok ? 0 : 1), "\(run.errors)")
        let checks = try #require(report["checks"] as? [[String: Any]])
        let names = Set(checks.compactMap { $0["name"] as? String })
        #expect(
            names.isSuperset(of: [
                "cores", "memory", "AVX2 and FMA", "OpenBLAS", "ZeroMQ", "grammars", "free disk", "ipc sockets",
            ])
        )
        for check in checks where check["state"] as? String != "ok" { #expect(check["advice"] is String) }
        // A grammar library that is not there is a failure with advice.
        let without = try CommandRun.ppocoder(["doctor", "--json"], environment: ["PPOCODER_GRAMMARS": "/nowhere"])
        #expect(without.code == 1)
        #expect(without.errors.contains("fail  grammars") && without.errors.contains("./setup"))
    }
}
