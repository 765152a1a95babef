import Foundation
import Programs
import SandboxRunner
import Testing

/// Solutions of MBXP in the compiled languages: every sixth to twelfth row, emptied ones and changed ones.
@Suite struct CompiledGoldTests {
    /// The language, its file, how many rows have a solution, and which share of them is judged here.
    static let sets: [(Language, String, Int, Int)] = [
        (.cpp, "mbxp/mbcpp_release_v1.2.jsonl.gz", 583, 12), (.java, "mbxp/mbjp_release_v1.2.jsonl.gz", 652, 8),
        (.csharp, "mbxp/mbcsp_release_v1.2.jsonl.gz", 541, 6),
    ]

    @Test(.enabled(if: data("mbxp/mbcsp_release_v1.2.jsonl.gz") != nil), arguments: sets)
    func `A published solution is accepted unless it is a known defect`(
        language: Language,
        path: String,
        count: Int,
        step: Int
    ) async throws {
        let all = try unzippedRows(data(path), as: MBXPRow.self).filter { $0.canonical_solution != nil }
        #expect(all.count == count)
        let defects = CompiledDefects.rows(language)
        // The defects themselves are judged too: a table that nobody checks grows old.
        let rows = all.enumerated().filter { $0.offset % step == 0 || defects.contains($0.element.number) }.map(
            \.element
        )
        let refused = try await MBXPRow.numbers(of: rows, language, where: { $0.outcome != .accepted }) { row in
            row.prompt + (row.canonical_solution ?? "")
        }
        #expect(refused.subtracting(defects).sorted() == [], "refused beyond the known defects")
        #expect(defects.subtracting(refused).sorted() == [], "known as defects, but accepted")
    }

    @Test(.enabled(if: data("mbxp/mbcsp_release_v1.2.jsonl.gz") != nil), arguments: sets)
    func `An emptied or changed solution is refused`(
        language: Language,
        path: String,
        count: Int,
        step: Int
    ) async throws {
        let all = try unzippedRows(data(path), as: MBXPRow.self).filter { $0.canonical_solution != nil }
        let rows = all.enumerated().filter { $0.offset % (2 * step) == 1 }.map(\.element)
        #expect(rows.count > 20)
        for spoil in [Self.emptied, Self.changed] {
            let accepted = try await MBXPRow.numbers(of: rows, language, where: { $0.outcome == .accepted }) { row in
                spoil(row, language)
            }
            // One whose right answers are what nothing returns would be no fault of the judge; there is none here.
            #expect(accepted.sorted() == [])
            // Refused for what they do, and not because they do not compile.
            let broken = try await MBXPRow.numbers(of: rows, language, where: { $0.outcome == .compileError }) { row in
                spoil(row, language)
            }
            #expect(broken.count * 3 < rows.count, "\(broken.sorted())")
        }
    }

    @Test(.enabled(if: data("mbxp/mbgp_release_v1.1.jsonl.gz") != nil))
    func `Solutions in Go are accepted, and refused when they are changed`() async throws {
        let all = try unzippedRows(data("mbxp/mbgp_release_v1.1.jsonl.gz"), as: MBXPRow.self)
        #expect(all.count == 698 && all.allSatisfy { $0.canonical_solution == nil })
        let rows = all.filter { GoSolutions.bodies[$0.number] != nil }
        #expect(rows.count == GoSolutions.bodies.count && rows.count >= 20)
        let refused = try await MBXPRow.numbers(of: rows, .go, where: { $0.outcome != .accepted }) { row in
            row.prompt + (GoSolutions.bodies[row.number] ?? "") + "\n}\n"
        }
        #expect(refused.sorted() == [])
        let accepted = try await MBXPRow.numbers(of: rows, .go, where: { $0.outcome == .accepted }) { row in
            row.prompt + "\tpanic(\"nothing\")\n}\n"
        }
        #expect(accepted.sorted() == [])
    }

    /// A body that ends at once.
    private static func emptied(_ row: MBXPRow, _ language: Language) -> String {
        switch language {
        case .cpp: row.prompt + "    std::abort();\n}\n"
        case .java: row.prompt + "        throw new RuntimeException();\n    }\n}\n"
        default: row.prompt + "            throw new Exception();\n        }\n"
        }
    }

    /// The solution with every value that it returns spoilt.
    private static func changed(_ row: MBXPRow, _ language: Language) -> String {
        let body = row.canonical_solution ?? ""
        func spoiling(by name: String) -> String {
            body.replacingOccurrences(of: "return ([^;]+);", with: "return \(name)($1);", options: .regularExpression)
        }
        switch language {
        case .cpp:
            let helper = """
                using namespace std;
                template <class T> T spoilt_(T) { return T(); }
                inline bool spoilt_(bool v) { return !v; }
                inline int spoilt_(int v) { return v + 1; }
                inline double spoilt_(double v) { return v + 1; }
                inline std::string spoilt_(const char *v) { return std::string(v) + "?"; }
                inline std::string spoilt_(std::string v) { return v + "?"; }
                template <class T> std::vector<T> spoilt_(std::vector<T> v) { v.push_back(T()); return v; }

                """
            let prompt = row.prompt.replacingOccurrences(of: "using namespace std;", with: helper)
            return prompt + spoiling(by: "spoilt_")
        case .java:
            return row.prompt + spoiling(by: "Spoilt.of") + """

                class Spoilt {
                    static int of(int v) { return v + 1; }
                    static double of(double v) { return v + 1; }
                    static boolean of(boolean v) { return !v; }
                    static String of(String v) { return v + "?"; }
                    static <T> List<T> of(List<T> v) { List<T> longer = new ArrayList<>(v); longer.add(null); return longer; }
                    static <T> T of(T v) { return null; }
                }
                """
        default:
            let helper = """
                namespace Solution { static class Spoilt {
                    public static int Of(int v) { return v + 1; }
                    public static double Of(double v) { return v + 1; }
                    public static bool Of(bool v) { return !v; }
                    public static string Of(string v) { return v + "?"; }
                    public static List<T> Of<T>(List<T> v) { var longer = new List<T>(v); longer.Add(default(T)); return longer; }
                    public static T Of<T>(T v) { return default(T); }
                } }
                namespace Solution
                """
            return row.prompt.replacingOccurrences(of: "namespace Solution", with: helper) + spoiling(by: "Spoilt.Of")
        }
    }
}

/// Rows of MBXP whose published solution does not pass, and why.
enum CompiledDefects {
    private static let table: [(language: Language, cause: String, rows: [Int])] = [
        (.cpp, "undefined behaviour: reads variables that were never set", [150]),
        (.cpp, "wrong, and leaves with exit(0), which passes where the exit status decides", [769]),
        (
            .csharp, "unfinished or wrong: returns its argument unchanged, or another number than the test wants",
            [54, 57, 64, 71, 147, 209, 229, 240, 591, 625, 656, 705, 750, 815, 824, 839, 852, 854, 889, 940]
        ),
        (
            .csharp,
            "newer than C# 7.2, which is what mono's compiler knows: local functions without a semicolon of "
                + "their own, lambdas whose parameter hides another, FirstOrDefault with a value",
            [152, 905, 947]
        ),
        (.java, "does not compile under javac 17", [180, 198, 214, 519, 535, 622, 738, 904]),
        (
            .java, "wrong, and leaves with System.exit(0), which passes where the exit status decides",
            [106, 553, 579, 835, 871]
        ),
    ]

    static func rows(_ language: Language) -> Set<Int> {
        Set(table.filter { $0.language == language }.flatMap(\.rows))
    }
}

/// Bodies of functions for rows of MBXP in Go, which come without solutions.
enum GoSolutions {
    static let bodies: [Int: String] = [
        18:
            "\tkept := \"\"\n\tfor _, c := range string0 {\n\t\tfound := false\n\t\tfor _, d := range second_string {\n\t\t\tfound = found || c == d\n\t\t}\n\t\tif !found {\n\t\t\tkept += string(c)\n\t\t}\n\t}\n\treturn kept",
        22:
            "\tseen := map[int]bool{}\n\tfor _, n := range nums {\n\t\tif seen[n] {\n\t\t\treturn n\n\t\t}\n\t\tseen[n] = true\n\t}\n\treturn -1",
        27:
            "\tfor i, word := range list {\n\t\tkept := []rune{}\n\t\tfor _, c := range word {\n\t\t\tif c < '0' || c > '9' {\n\t\t\t\tkept = append(kept, c)\n\t\t\t}\n\t\t}\n\t\tlist[i] = string(kept)\n\t}\n\treturn list",
        36: "\tdigit := 0\n\tfor ; N > 0; N-- {\n\t\tp *= 10\n\t\tdigit = p / q\n\t\tp %= q\n\t}\n\treturn digit",
        40:
            "\tcounts := map[int]int{}\n\tfor _, row := range nums {\n\t\tfor _, n := range row {\n\t\t\tcounts[n]++\n\t\t}\n\t}\n\treturn counts",
        45: "\tgcd := 0\n\tfor _, n := range l {\n\t\tfor n != 0 {\n\t\t\tgcd, n = n, gcd%n\n\t\t}\n\t}\n\treturn gcd",
        49:
            "\tcolumn := []int{}\n\tfor _, row := range nums {\n\t\tcolumn = append(column, row[N])\n\t}\n\treturn column",
        54: "\tsort.Ints(my_list)\n\treturn my_list",
        58: "\treturn (x < 0) != (y < 0)",
        63:
            "\tbest := 0\n\tfor _, pair := range test_list {\n\t\td := pair[0] - pair[1]\n\t\tif d < 0 {\n\t\t\td = -d\n\t\t}\n\t\tif d > best {\n\t\t\tbest = d\n\t\t}\n\t}\n\treturn best",
        72: "\treturn n%4 != 2",
        81:
            "\tpairs := [][]int{}\n\tfor i, a := range test_tup1 {\n\t\tpairs = append(pairs, []int{a, test_tup2[i%len(test_tup2)]})\n\t}\n\treturn pairs",
        85: "\treturn 4 * math.Pi * float64(r) * float64(r)",
        90:
            "\tlongest := 0\n\tfor _, word := range list1 {\n\t\tif len(word) > longest {\n\t\t\tlongest = len(word)\n\t\t}\n\t}\n\treturn longest",
        99: "\tbits := \"\"\n\tfor ; n > 0; n /= 2 {\n\t\tbits = string(rune('0'+n%2)) + bits\n\t}\n\treturn bits",
        103:
            "\tif m >= n || n == 0 {\n\t\treturn 0\n\t}\n\tif m == 0 {\n\t\treturn 1\n\t}\n\treturn (n-m)*eulerian_num(n-1, m-1) + (m+1)*eulerian_num(n-1, m)",
        112: "\treturn 2 * (diameter + height)",
        126:
            "\ttotal := 0\n\tfor d := 1; d <= a && d <= b; d++ {\n\t\tif a%d == 0 && b%d == 0 {\n\t\t\ttotal += d\n\t\t}\n\t}\n\treturn total",
        135: "\treturn n * (2*n - 1)",
        144:
            "\ttotal := 0\n\tfor i := 0; i < n; i++ {\n\t\tfor j := 0; j < i; j++ {\n\t\t\ttotal += arr[i] - arr[j]\n\t\t}\n\t}\n\treturn total",
        162: "\ttotal := 0\n\tfor ; n > 0; n -= 2 {\n\t\ttotal += n\n\t}\n\treturn total",
        166:
            "\tcount := 0\n\tfor i := 0; i < N; i++ {\n\t\tfor j := 0; j < i; j++ {\n\t\t\tif (A[i]^A[j])%2 == 0 {\n\t\t\t\tcount++\n\t\t\t}\n\t\t}\n\t}\n\treturn count",
        171: "\treturn int(math.Abs(float64(5 * a)))",
        175:
            "\tpartner := map[rune]rune{')': '(', ']': '[', '}': '{'}\n\topen := []rune{}\n\tfor _, c := range str1 {\n\t\twanted, closes := partner[c]\n\t\tif !closes {\n\t\t\topen = append(open, c)\n\t\t\tcontinue\n\t\t}\n\t\tif len(open) == 0 || open[len(open)-1] != wanted {\n\t\t\treturn false\n\t\t}\n\t\topen = open[:len(open)-1]\n\t}\n\treturn len(open) == 0",
        184: "\tfor _, n := range list {\n\t\tif n <= num {\n\t\t\treturn false\n\t\t}\n\t}\n\treturn true",
    ]
}
