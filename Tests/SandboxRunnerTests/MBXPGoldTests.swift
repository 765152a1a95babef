import Foundation
import Programs
import SandboxRunner
import Testing

/// Every published solution of MBXP in JavaScript, PHP and Ruby, and what becomes of it when it is spoilt.
@Suite struct MBXPGoldTests {
    private static let sets: [(Language, String, Int)] = [
        (.javascript, "mbxp/mbjsp_release_v1.2.jsonl.gz", 696), (.php, "mbxp/mbphp_release_v1.2.jsonl.gz", 707),
        (.ruby, "mbxp/mbrbp_release_v1.2.jsonl.gz", 584),
    ]

    private static func limits(_ limits: inout ExecutionLimits) { limits.cpuSeconds = 2 }

    private static func rows(_ path: String) throws -> [MBXPRow] {
        try unzippedRows(data(path)).filter { $0.canonical_solution != nil }
    }

    @Test(.enabled(if: data("mbxp/mbrbp_release_v1.2.jsonl.gz") != nil), arguments: sets)
    func `Every solution that is no defect of the data is accepted, and no other`(
        language: Language,
        path: String,
        count: Int
    ) async throws {
        let rows = try Self.rows(path)
        #expect(rows.count == count)
        let refused = try await MBXPRow.numbers(
            of: rows,
            language,
            limits: Self.limits,
            where: { $0.outcome != .accepted }
        ) { row in
            row.prompt + (row.canonical_solution ?? "")
        }
        let known = Set(MBXPDefects.of(language).flatMap(\.rows))
        #expect(refused.subtracting(known).sorted() == [], "refused beyond the known defects")
        #expect(known.subtracting(refused).sorted() == [], "known as defects, but accepted")
    }

    @Test(.enabled(if: data("mbxp/mbrbp_release_v1.2.jsonl.gz") != nil), arguments: sets)
    func `An emptied solution is refused`(language: Language, path: String, count: Int) async throws {
        let rows = try Self.rows(path).filter { $0.number % 3 == 0 }
        #expect(rows.count > count / 4)
        let accepted = try await MBXPRow.numbers(
            of: rows,
            language,
            limits: Self.limits,
            where: { $0.outcome == .accepted }
        ) { row in
            row.prompt + (language == .ruby ? "\nend\n" : "\n}\n")
        }
        #expect(accepted.sorted() == [])
    }

    @Test(.enabled(if: data("mbxp/mbrbp_release_v1.2.jsonl.gz") != nil), arguments: sets)
    func `A solution whose result is changed is refused`(language: Language, path: String, count: Int) async throws {
        let defects = Set(MBXPDefects.of(language).flatMap(\.rows))
        let rows = try Self.rows(path).filter { $0.number % 3 == 1 && !defects.contains($0.number) }
        #expect(rows.count > count / 8)
        let accepted = try await MBXPRow.numbers(
            of: rows,
            language,
            limits: Self.limits,
            where: { $0.outcome == .accepted }
        ) { row in
            Self.changed(row, language)
        }
        #expect(accepted.sorted() == [])
    }

    /// The solution under another name, and under its own name one that spoils what it returns.
    private static func changed(_ row: MBXPRow, _ language: Language) -> String {
        let name = row.entry_point
        let solution = row.prompt + (row.canonical_solution ?? "")
        switch language {
        case .javascript:
            return solution + """

                {
                    const right = \(name);
                    \(name) = (...given) => {
                        const value = right(...given);
                        if (Array.isArray(value)) return [...value, 0];
                        return typeof value === 'boolean' ? !value : typeof value === 'number' ? value + 1 : value + '?';
                    };
                }
                """
        case .php:
            return solution.replacingOccurrences(of: "function \(name)(", with: "function right_\(name)(") + """

                function \(name)(...$given) {
                    $value = right_\(name)(...$given);
                    if (is_array($value)) return [...array_values($value), 0];
                    return is_bool($value) ? !$value : (is_int($value) || is_float($value) ? $value + 1 : $value . '?');
                }
                """
        default:
            return solution + """

                alias right_one \(name)
                def \(name)(*given)
                  value = right_one(*given)
                  case value
                  when Array then value + [0]
                  when Numeric then value + 1
                  when true, false then !value
                  else value.to_s + '?'
                  end
                end
                """
        }
    }
}
