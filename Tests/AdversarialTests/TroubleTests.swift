import Foundation
import Programs
import SandboxRunner
import Testing

/// Trouble that is not the program's: it may take time, and never becomes a verdict.
@Suite(.serialized) struct TroubleTests {
    /// A program that takes its compiler long enough to be met at work.
    private static func program(_ language: Language) -> String {
        let members = (0..<1500).map { "static int f\($0)(int x) { return x * \($0) + \($0 / 2); }" }
        let text = members.joined(separator: "\n")
        if language == .java {
            return "class Main {\n\(text)\npublic static void main(String[] a) { System.out.println(f7(2)); }\n}\n"
        }
        return "class Program {\n\(text)\nstatic void Main() { System.Console.WriteLine(f7(2)); }\n}\n"
    }

    @Test(arguments: [(Language.java, "java"), (.csharp, "mono")])
    func `A compiler that is killed at work is no verdict on the program`(language: Language, tool: String) async throws
    {
        let pool = try await makePool(slots: 1, firstUser: firstUser + 320, languages: [language])
        let kept = ExecutionJob(
            id: "warm",
            language: language,
            program: Self.program(language),
            tests: [.stdio(stdin: "", stdout: "17")],
            limits: ExecutionLimits()
        )
        #expect(await pool.judge(kept).outcome == .accepted)
        let deadline = ContinuousClock.now + .seconds(60)
        func compilers() -> [pid_t] { supervisors().flatMap { children(of: $0) }.filter { name(of: $0) == tool } }
        while compilers().isEmpty, ContinuousClock.now < deadline { await Task.yield() }
        #expect(compilers().count == 1)
        let compiler = try #require(compilers().first)
        var other = kept
        other.program += "\n// another\n"
        async let verdict = pool.judge(other)
        // It is at work when its CPU time grows.
        let before = ticks(of: compiler)
        while ticks(of: compiler) < before + 2, ContinuousClock.now < deadline { await Task.yield() }
        #expect(kill(compiler, SIGKILL) == 0)
        #expect(await verdict.outcome == .accepted)
        // It may have been done a moment before, and its end is then seen after the verdict.
        while compilers().contains(compiler), ContinuousClock.now < deadline { await Task.yield() }
        #expect(!compilers().contains(compiler))
        await pool.shutdown()
    }

    private static let untouched: [(Language, test: String, right: String, wrong: String)] = [
        (.python, "for _ in range(3): pass", "sum(range(10 ** 6))\ndef f(): pass", "sum(range(10 ** 6))\n1 / 0"),
        (
            .javascript, "let y = 0; for (let i = 0; i < 3; i++) y += i;", "for (let i = 0; i < 1e7; i++);",
            "for (let i = 0; i < 1e7; i++); null.x"
        ),
        (
            .php, "for ($i = 0; $i < 3; $i++);", "<?php for ($i = 0; $i < 2000000; $i++);",
            "<?php for ($i = 0; $i < 2000000; $i++); throw new Exception('x');"
        ),
        (.ruby, "3.times { }", "i = 0\ni += 1 while i < 1_000_000", "i = 0\ni += 1 while i < 1_000_000\nraise 'x'"),
    ]

    @Test(arguments: untouched.indices)
    func `A test that never touches the program waits until it has loaded`(row: Int) async throws {
        let (language, test, right, wrong) = Self.untouched[row]
        let pool = try await makePool(slots: 1, firstUser: firstUser + 330, languages: [language])
        for (program, outcome) in [(right, Verdict.Outcome.accepted), (wrong, .runtimeError)] {
            for number in 0..<5 {
                let job = ExecutionJob(
                    id: "\(number)",
                    language: language,
                    program: program,
                    tests: [.program(code: test)],
                    limits: ExecutionLimits()
                )
                #expect(await pool.judge(job).outcome == outcome, "\(language): \(program)")
            }
        }
        await pool.shutdown()
    }

    @Test func `An executor tests itself when asked, and ends when told, with all that is its own`() async throws {
        let process = Process()
        let name = "ipc:///tmp/.ppocoder-nobody-\(getpid())"
        process.executableURL = URL(fileURLWithPath: product("ppocoder-sandbox"))
        process.arguments = ["execute", "--dispatcher", name, "--slots", "1", "--drain", "2"]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let own = process.processIdentifier
        func slots() -> [pid_t] { children(of: own).filter { self.name(of: $0) == "ppocoder-slot" } }
        func busy() -> Int { slots().flatMap { children(of: $0) }.reduce(0) { $0 + ticks(of: $1, withChildren: true) } }
        let deadline = ContinuousClock.now + .seconds(120)
        // The first self-test of every language is over when nothing grows any more.
        var quiet = 0, last = -1
        while quiet < 20, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            let now = busy()
            quiet = now == last && now > 0 ? quiet + 1 : 0
            last = now
        }
        #expect(quiet == 20)
        #expect(kill(own, SIGUSR1) == 0)
        while busy() == last, ContinuousClock.now < deadline { await Task.yield() }
        #expect(busy() != last)
        let left = slots()
        #expect(!left.isEmpty)
        #expect(process.isRunning)
        #expect(kill(own, SIGTERM) == 0)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(left.allSatisfy { kill($0, 0) != 0 })
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(!said.contains("withdrawn"), "\(said)")
    }

    private func name(of process: pid_t) -> String {
        let text = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }

    /// CPU time in hundredths of a second; 0 for a process that is gone.
    private func ticks(of process: pid_t, withChildren: Bool = false) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 15
        else { return 0 }
        return fields[11..<(withChildren ? 15 : 13)].reduce(0) { $0 + (Int($1) ?? 0) }
    }
}
