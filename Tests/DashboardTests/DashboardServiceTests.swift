import Foundation
import GRDB
import Monitoring
import Testing

import Dashboard

struct DashboardServiceTests {
    /// The JSON that the service answers.
    static func json(_ service: DashboardService, _ path: String, _ query: [String: String] = [:]) async throws -> Any {
        let answer = await service.answer(WebRequest(path: path, query: query))
        #expect(answer.status == 200)
        return try JSONSerialization.jsonObject(with: data(answer))
    }

    static func data(_ answer: WebResponse) throws -> Data {
        guard case .data(let data) = answer.body else { throw CocoaError(.fileReadUnknown) }
        return data
    }

    static func object(_ service: DashboardService, _ path: String, _ query: [String: String]) async throws -> [String:
        Any]
    {
        try #require(try await json(service, path, query) as? [String: Any])
    }

    @Test func aHostileProgramIsTextInEveryAnswer() async throws {
        let folder = try RunFolder()
        let program =
            Data("</script><script>alert(1)</script>\u{0}\u{1B}[31m\u{202E}\u{7F}".utf8) + Data([0xFF, 0xC0, 0x80])
        let output = Data(repeating: UInt8(ascii: "A"), count: 1 << 20) + Data([0xFE])
        try folder.ledger { try $0.add(step: 0, slot: 0, completion: program, diagnostics: output) }
        let service = DashboardService(runs: [RunReader(directory: folder.url)])
        let answer = await service.answer(
            WebRequest(path: "/api/rollout", query: ["run": "0", "step": "0", "slot": "0"])
        )
        let bytes = try Self.data(answer)
        #expect(answer.contentType == "application/json")
        #expect(bytes.count < 300_000)
        // No byte that a browser, a terminal or a parser of JSON could take for more than text.
        #expect(!bytes.contains(UInt8(ascii: "<")) && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        let found = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        let shown = try #require(found["completion"] as? String)
        #expect(shown.hasPrefix("</script><script>alert(1)</script>\u{0}\u{1B}[31m\u{202E}\u{7F}\u{FFFD}"))
        #expect((found["diagnostics"] as? String)?.hasSuffix("… 848577 more bytes") == true)
    }

    @Test func thePageMakesNoTagsOfTextsAndLoadsNothing() {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"] {
            let allowed = DashboardPage.script.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!allowed.contains(word), "\(word)")
            #expect(!DashboardPage.document.contains(word) && !DashboardPage.style.contains(word), "\(word)")
        }
        #expect(!DashboardPage.document.contains("<script>") && !DashboardPage.document.contains(" style="))
    }

    @Test func rolloutsAreFilteredByVerdictRewardProblemAndStep() async throws {
        let folder = try RunFolder()
        try folder.ledger { db in
            for step in 0..<10 {
                try db.add(step: step, slot: 0, problem: "alpha-\(step)", score: Double(step))
                try db.add(step: step, slot: 1, problem: "beta", verdict: "compile_error", score: -1)
            }
        }
        let service = DashboardService(runs: [RunReader(directory: folder.url)])
        func found(_ query: [String: String]) async throws -> [[Int]] {
            let page = try await Self.object(service, "/api/rollouts", query.merging(["run": "0"]) { $1 })
            let rows = try #require(page["rows"] as? [[String: Any]])
            return rows.compactMap { row in
                (row["step"] as? Int).flatMap { s in (row["slot"] as? Int).map { [s, $0] } }
            }
        }
        #expect(try await found(["limit": "3"]) == [[9, 1], [9, 0], [8, 1]])
        #expect(try await found(["limit": "2", "before": "8", "slot": "1"]) == [[8, 0], [7, 1]])
        #expect(try await found(["verdict": "compile_error", "first": "4", "last": "5"]) == [[5, 1], [4, 1]])
        #expect(try await found(["least": "7.5"]) == [[9, 0], [8, 0]])
        #expect(try await found(["greatest": "0"]).count == 11)
        #expect(try await found(["problem": "alpha-3"]) == [[3, 0]])
        #expect(try await found(["problem": "alpha%"]).isEmpty)
    }

    @Test func theEarlierAnswerToTheSamePromptIsShown() async throws {
        let folder = try RunFolder()
        try folder.ledger { db in
            try db.add(step: 1, slot: 5, problem: "p", completion: Data("old".utf8))
            try db.add(step: 2, slot: 0, problem: "q", completion: Data("other".utf8))
            try db.add(step: 3, slot: 0, problem: "p", completion: Data("new".utf8))
        }
        let reader = RunReader(directory: folder.url) { step, _ in
            ProblemText(id: step == 3 ? "p" : "another", prompt: "say new", reference: "new", tests: ["t"])
        }
        let service = DashboardService(runs: [reader])
        let newest = try await Self.object(service, "/api/rollout", ["run": "0", "step": "3", "slot": "0"])
        #expect((newest["previous"] as? [String: Any])?["completion"] as? String == "old")
        #expect(newest["reference"] as? String == "new")
        let first = try await Self.object(service, "/api/rollout", ["run": "0", "step": "1", "slot": "5"])
        // A problem by another name is not this completion's.
        #expect(first["previous"] == nil && first["reference"] == nil)
    }

    @Test func aLongRunIsReducedWithoutHidingItsOutliers() async throws {
        let folder = try RunFolder()
        let lines = (1...1000).map { #"{"step":\#($0),"time":1,"actor/lr":\#($0 == 500 ? 90 : 1)}"# }
        try folder.write("metrics.jsonl", lines.joined(separator: "\n") + "\n")
        let service = DashboardService(runs: [RunReader(directory: folder.url)])
        let answer = try await Self.object(service, "/api/series", ["run": "0", "names": "actor/lr", "points": "10"])
        let series = try #require((answer["series"] as? [String: Any])?["actor/lr"] as? [String: Any])
        #expect(series["steps"] as? [Int] == [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
        #expect((series["high"] as? [Double])?[4] == 90)
        #expect((series["mean"] as? [Double]) == [1, 1, 1, 1, 1.89, 1, 1, 1, 1, 1])
    }

    @Test func unknownPathsAndRunsAreRefused() async throws {
        let folder = try RunFolder()
        let service = DashboardService(runs: [RunReader(directory: folder.url)])
        #expect(await service.answer(WebRequest(path: "/etc/passwd")).status == 404)
        #expect(await service.answer(WebRequest(path: "/api/overview", query: ["run": "1"])).status == 400)
        #expect(await service.answer(WebRequest(path: "/api/overview", query: ["run": "-1"])).status == 400)
        #expect(await service.answer(WebRequest(path: "/api/rollout", query: ["run": "0", "step": "x"])).status == 400)
        // A run without a ledger is a run without rollouts.
        let page = try await Self.object(service, "/api/rollouts", ["run": "0"])
        #expect(page["ledger"] as? Bool == false)
    }
}
