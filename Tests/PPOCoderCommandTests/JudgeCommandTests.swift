import Foundation
import Testing

@Suite(.serialized) struct JudgeCommandTests {
    static func row(_ id: String, _ program: String, language: String = "python", tests: String = "") -> String {
        let quoted = program.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return #"{"id":"\#(id)","language":"\#(language)","program":"\#(quoted)","tests":[\#(tests)]}"#
    }

    @Test func verdictsComeInTheOrderOfTheRows() throws {
        let twice = #"{"kind":"stdio","stdin":"21\n","stdout":"42\n"}"#
        let call = #"{"kind":"call","function":"f","arguments":[2],"expected":4}"#
        let input = [
            Self.row("slow", "import time\ntime.sleep(0.4)\nprint(2 * int(input()))", tests: twice),
            Self.row("right", "print(2 * int(input()))", tests: twice),
            Self.row("wrong", "print(input())", tests: twice),
            Self.row("raises", "print(1 // 0)", tests: twice),
            Self.row("broken", "def f(:", tests: call),
            Self.row("compiles", "x = 1"),
            Self.row("called", "def f(x):\n    return x * x", tests: call + "," + call),
            Self.row("asserted", "def f(x):\n    return x", tests: #"{"kind":"assert","code":"assert f(1) == 1"}"#),
            Self.row("appended", "def f(x):\n    return x", tests: #"{"kind":"program","code":"assert f(1) == 2"}"#),
        ].joined(separator: "\n")
        let run = try CommandRun.ppocoder("judge", "--slots", "2", input: input)
        #expect(run.code == 0, "\(run.errors)")
        let rows = try run.rows()
        let verdicts = rows.map { "\($0["id"] ?? "")=\($0["verdict"] ?? "")" }
        #expect(
            verdicts == [
                "slow=accepted", "right=accepted", "wrong=wrong_answer", "raises=runtime_error", "broken=compile_error",
                "compiles=accepted", "called=accepted", "asserted=accepted", "appended=wrong_answer",
            ]
        )
        try #require(rows.count == 9)
        let fields: Set = [
            "id", "verdict", "tests_passed", "tests_total", "compile_s", "cpu_s", "wall_s", "peak_memory_bytes",
            "diagnostics",
        ]
        // Beyond these a row has only what there is to say.
        let more: Set = ["tests", "signal", "error_line", "compile_limit", "walls"]
        for row in rows {
            #expect(fields.isSubset(of: row.keys) && Set(row.keys).subtracting(fields).isSubset(of: more))
        }
        #expect((rows[6]["tests"] as? [[String: Any]])?.map { $0["verdict"] as? String } == ["accepted", "accepted"])
        #expect(rows[6]["tests_passed"] as? Int == 2 && rows[6]["tests_total"] as? Int == 2)
        #expect((rows[0]["wall_s"] as? Double ?? 0) >= 0.4)
        #expect(run.errors.contains("judge: 9 programs"))
    }

    @Test func compiledLanguagesAreJudged() throws {
        let test = #"{"kind":"stdio","stdin":"21\n","stdout":"42\n"}"#
        let cpp = "#include <iostream>\nint main() { int x; std::cin >> x; std::cout << 2 * x; }"
        let java =
            "import java.util.*;\nclass Main { public static void main(String[] a) { System.out.println(2 * new Scanner(System.in).nextInt()); } }"
        let input = [
            Self.row("cpp", cpp, language: "cpp", tests: test), Self.row("java", java, language: "Java", tests: test),
            Self.row("broken", "int main() { return", language: "c++", tests: test),
        ].joined(separator: "\n")
        let run = try CommandRun.ppocoder("judge", input: input)
        #expect(run.code == 0, "\(run.errors)")
        #expect(try run.rows().map { $0["verdict"] as? String } == ["accepted", "accepted", "compile_error"])
    }

    /// Executes its arguments where `/usr/bin` has no Ruby, in a mount namespace of its own.
    static let withoutRuby = """
        set -e
        d=$(mktemp -d)
        mount -t tmpfs none $d
        mkdir $d/upper $d/work $d/merged
        mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=$d/upper,workdir=$d/work $d/merged
        rm -f $d/merged/ruby*
        mount --bind $d/merged /usr/bin
        exec "$@"
        """

    @Test(.enabled(if: geteuid() == 0, "only root can hide a tool"))
    func aLanguageWithoutToolsIsNoVerdictOnTheProgram() throws {
        let input = [Self.row("here", "x = 1"), Self.row("there", "x = 1", language: "ruby")].joined(separator: "\n")
        let folder = try Scratch()
        let run = try CommandRun.ppocoder(
            ["judge", "--output", folder.path("verdicts.jsonl")],
            input: input,
            environment: ["TMPDIR": folder.url.path],
            before: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", Self.withoutRuby, "sh"]
        )
        #expect(run.code == 1)
        let rows = try CommandRun.rows(String(contentsOfFile: folder.path("verdicts.jsonl"), encoding: .utf8))
        #expect(rows.map { $0["verdict"] as? String } == ["accepted", "infrastructure_failure"])
        #expect((rows.last?["diagnostics"] as? String)?.contains("ruby needs") == true)
        #expect(run.errors.contains("1 could not be judged: sandbox: ruby needs"))
    }

    @Test func moreRowsThanTheWindowKeepTheirOrder() throws {
        let input = (0..<80).map { Self.row("\($0)", "x = \($0)") }.joined(separator: "\n")
        let run = try CommandRun.ppocoder("judge", "--slots", "2", input: input)
        #expect(run.code == 0, "\(run.errors)")
        #expect(try run.rows().map { $0["id"] as? String } == (0..<80).map { "\($0)" })
    }

    @Test func rowsAreAnsweredWhileTheNextOneIsAwaited() throws {
        // The second row is only written once the first has been answered: a command that read ahead would hang.
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        let folder = try Scratch()
        let script = """
            mkfifo "$0/in" "$0/out"
            "$1" judge < "$0/in" > "$0/out" 2> "$0/err" &
            exec 3> "$0/in" 4< "$0/out"
            echo '\(Self.row("first", "x = 1"))' >&3
            read -r line <&4; echo "$line"
            echo '\(Self.row("second", "y = 2"))' >&3
            read -r line <&4; echo "$line"
            exec 3>&-
            wait
            """
        process.arguments = ["-c", script, folder.url.path, try CommandRun.executable().path]
        let output = try folder.file("answers", "")
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .seconds(30)
        while process.isRunning, ContinuousClock.now < deadline { usleep(20_000) }
        #expect(!process.isRunning)
        if process.isRunning { process.terminate() }
        let rows = try CommandRun.rows(String(contentsOf: output, encoding: .utf8))
        #expect(rows.map { $0["id"] as? String } == ["first", "second"])
    }
}
