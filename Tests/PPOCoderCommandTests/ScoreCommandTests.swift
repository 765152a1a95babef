import Foundation
import Testing

@Suite(.serialized) struct ScoreCommandTests {
    @Test func aProgramIsLikeItselfAndLessLikeAnother() throws {
        let program = "def f(x):\\n    y = x + 1\\n    return y * 2"
        let input = """
            {"id":1,"language":"python","candidate":"\(program)","reference":"\(program)"}
            {"id":"two","language":"py","candidate":"print(3)","reference":"\(program)"}
            {"id":3,"language":"python","candidate":"def f(:","reference":"\(program)"}
            {"id":4,"language":"python","candidate":"  ","reference":"\(program)"}
            """
        let run = try CommandRun.ppocoder("score", input: input)
        #expect(run.code == 0, "\(run.errors)")
        let rows = try run.rows()
        try #require(rows.count == 4)
        let fields: Set = ["id", "ast_match", "dfg_match", "ngram_match", "weighted_ngram_match", "codebleu", "parses"]
        for row in rows { #expect(Set(row.keys) == fields) }
        #expect(rows[0]["id"] as? Int == 1 && rows[1]["id"] as? String == "two")
        for field in fields.subtracting(["id", "parses"]) {
            #expect(abs((rows[0][field] as? Double ?? 0) - 1) < 1e-9, "\(field)")
        }
        #expect(rows.map { $0["parses"] as? Bool } == [true, true, false, false])
        #expect((rows[1]["codebleu"] as? Double ?? 1) < 0.5)
        #expect(rows[3]["codebleu"] as? Double == 0)
    }

    @Test func aReferenceWithoutDataFlowHasNoDataFlowMatch() throws {
        let run = try CommandRun.ppocoder(
            "score",
            input: #"{"id":1,"language":"python","candidate":"pass","reference":"pass"}"#
        )
        let row = try #require(try run.rows().first)
        #expect(row["dfg_match"] is NSNull)
        #expect((row["codebleu"] as? Double ?? 0) > 0)
    }
}
