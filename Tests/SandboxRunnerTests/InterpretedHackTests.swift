import Foundation
import Programs
import SandboxRunner
import Testing

/// Wrong programs in JavaScript, PHP and Ruby that try to be accepted.
///
/// The right answer of `f(2)` is 4. Each is first shown to beat a runner that puts program and test into one file and
/// believes the interpreter's exit status.
@Suite struct InterpretedHackTests {
    struct Cheat: CustomTestStringConvertible {
        var language: Language
        var program: String
        /// What it beats; nil: the usual test.
        var test: String?

        var testDescription: String { "\(language.rawValue): \(program)" }
        var usualTest: String {
            switch language {
            case .javascript: "if (f(2) !== 4) throw new Error('wrong');"
            case .php: "if (f(2) !== 4) throw new Exception('wrong');"
            default: "raise 'wrong' if f(2) != 4"
            }
        }
    }

    private static func cheat(_ language: Language, _ program: String, _ test: String? = nil) -> Cheat {
        Cheat(language: language, program: language == .php ? "<?php\n" + program : program, test: test)
    }

    private static let javaScript = [
        cheat(.javascript, "function f(x) { process.exit(0); }"),
        cheat(.javascript, "process.exit(0); function f(x) {}"),
        cheat(.javascript, "function f(x) { process.reallyExit(0); }"), cheat(.javascript, "function f(x) {}\nreturn;"),
        cheat(.javascript, "process.on('uncaughtException', () => process.exit(0));\nfunction f(x) { return 5; }"),
        cheat(.javascript, "process.on('exit', () => process.reallyExit(0));\nfunction f(x) { return 5; }"),
        cheat(.javascript, "globalThis.Error = function () { process.exit(0); };\nfunction f(x) { return 5; }"),
        cheat(
            .javascript,
            "function f(x) { return { valueOf: () => 4 }; }",
            "if (f(2) != 4) throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "class E { [Symbol.toPrimitive]() { return 4; } }\nfunction f(x) { return new E(); }",
            "if (f(2) - 4) throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "function f(x) { return new Proxy(class {}, { get: () => () => 4 }); }",
            "if (f(2) != 4) throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "require('assert').strictEqual = () => {};\nfunction f(x) { return 5; }",
            "require('assert').strictEqual(f(2), 4);"
        ),
        cheat(
            .javascript,
            "const load = require('module')._load;\nrequire('module')._load = (n) => n === 'assert' ? { equal() {} } : load(n);\nfunction f(x) { return 5; }",
            "require('assert').equal(f(2), 4);"
        ),
        cheat(
            .javascript,
            "JSON.stringify = () => '4';\nfunction f(x) { return 5; }",
            "if (JSON.stringify(f(2)) !== '4') throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "Object.is = () => true;\nfunction f(x) { return 5; }",
            "if (!Object.is(f(2), 4)) throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "Array.prototype.every = () => true;\nfunction f(x) { return 5; }",
            "if (![2].every((x) => f(x) === 2 * x)) throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "function f(x) { return Number(/\\(f\\(2\\) !== (\\d)/.exec(require('fs').readFileSync(__filename, 'utf8'))[1]); }",
            "if (f(2) !== 4) throw new Error('wrong');"
        ),
        cheat(
            .javascript,
            "function f(x) { require('child_process').execSync('true'); process.kill = 0; process.exit(0); }"
        ),
    ]

    private static let php = [
        cheat(.php, "function f($x) { exit(0); }"), cheat(.php, "function f($x) {}\nexit;"),
        cheat(.php, "function f($x) {}\nreturn;"), cheat(.php, "function f($x) {}\n?>"),
        cheat(.php, "function f($x) {}\n__halt_compiler();"),
        cheat(.php, "set_exception_handler(fn() => exit(0));\nfunction f($x) { return 5; }"),
        cheat(.php, "register_shutdown_function(fn() => exit(0));\nfunction f($x) { return 5; }"),
        cheat(.php, "function f($x) { return true; }", "if (f(2) != 4) throw new Exception('wrong');"),
        cheat(
            .php,
            "class E { function __toString() { return '4'; } }\nfunction f($x) { return new E; }",
            "if (f(2) != '4') throw new Exception('wrong');"
        ),
        cheat(
            .php,
            "function f($x) { return new stdClass; }",
            "if (@(f(2) != 1) || f(1) === 1) throw new Exception('wrong');"
        ),
        cheat(
            .php,
            "ini_set('zend.assertions', 0);\nfunction f($x) { return 5; }",
            "assert(f(2) === 4);"
        ),
        cheat(
            .php,
            "function f($x) { return (int)preg_replace('/.*f\\(2\\) !== (\\d).*/s', '$1', file_get_contents(__FILE__)); }"
        ),
        cheat(.php, "function f($x) { pcntl_exec('/bin/true'); }"),
        cheat(.php, "function f($x) { ob_start(); return null; }", "if (f(2) != []) throw new Exception('wrong');"),
        cheat(
            .php,
            "function f($x) { for ($fd = 3; $fd < 256; $fd++) if ($s = @fopen(\"php://fd/$fd\", 'w')) @fwrite($s, \"\\x15\\0\\0\\0\" . str_repeat('n', 16) . \"\\0\\0\\0\\0p\"); exit(0); }"
        ),
    ]

    private static let ruby = [
        cheat(.ruby, "def f(x) = exit(0)"), cheat(.ruby, "def f(x) = exit!(0)"), cheat(.ruby, "def f(x) = 5\nexit"),
        cheat(.ruby, "def f(x) = 5\n__END__"), cheat(.ruby, "def f(x) = 5\nBEGIN { exit }"),
        cheat(.ruby, "at_exit { exit!(0) }\ndef f(x) = 5"), cheat(.ruby, "def raise(*) = nil\ndef f(x) = 5"),
        cheat(.ruby, "class E\n  def ==(o) = true\n  def !=(o) = false\nend\ndef f(x) = E.new"),
        cheat(.ruby, "class Integer\n  def ==(o) = true\n  def !=(o) = false\nend\ndef f(x) = 5"),
        cheat(
            .ruby,
            "class E\n  def coerce(o) = [0, 0]\n  def -(o) = 0\nend\ndef f(x) = E.new",
            "raise 'wrong' unless (f(2) - 4) == 0"
        ),
        cheat(
            .ruby,
            "class E < BasicObject\n  def method_missing(*) = false\n  def !=(o) = false\nend\ndef f(x) = E.new"
        ),
        cheat(.ruby, "def f(x) = exec('true')"), cheat(.ruby, "def f(x)\n  Thread.new { exit!(0) }.join\nend"),
        cheat(.ruby, "def f(x) = File.read(__FILE__)[/f\\(2\\) != (\\d)/, 1].to_i"),
        cheat(.ruby, "TracePoint.new(:raise) { exit!(0) }.enable\ndef f(x) = 5"),
        cheat(
            .ruby,
            "def f(x)\n  (3..255).each { |fd| IO.for_fd(fd, 'w').syswrite(\"\\x15\\0\\0\\0\" + 'n' * 16 + \"\\0\\0\\0\\0p\") rescue nil }\n  exit!(0)\nend"
        ),
    ]

    @Test func `There are at least a dozen cheats in each language`() {
        #expect(Self.javaScript.count >= 12 && Self.php.count >= 12 && Self.ruby.count >= 12)
    }

    @Test(arguments: javaScript + php + ruby)
    func `A cheat beats a runner that believes exit statuses, and is not accepted here`(cheat: Cheat) async throws {
        let test = cheat.test ?? cheat.usualTest
        #expect(try Self.plainStatus(cheat.program + "\n" + test + "\n", cheat.language) == 0)
        let condition = cheat.language == .ruby ? "f(2) == 4" : "f(2) === 4"
        let tests: [TestCase] = [
            .program(code: test), .assert(code: condition),
            .call(function: "f", arguments: [.integer(2)], expected: .integer(4)),
        ]
        for test in tests {
            let verdict = try await sharedPool().judge(
                job(cheat.program, [test], language: cheat.language) { $0.wallSeconds = 5 }
            )
            #expect(verdict.outcome != .accepted && verdict.outcome != .infrastructureFailure, "\(test): \(verdict)")
        }
    }

    @Test func `Writing to every descriptor of Node's is no way to pass, and harms no other run`() async throws {
        let program = """
            function f(x) {
                const forged = Buffer.from('\\x15\\0\\0\\0nnnnnnnnnnnnnnnn\\0\\0\\0\\0p', 'latin1');
                for (let fd = 3; fd < 256; fd++) try { require('fs').writeSync(fd, forged); } catch {}
                process.exit(0);
            }
            """
        let right = "function f(x) { return 2 * x; }"
        for test in [
            TestCase.assert(code: "f(2) === 4"), .call(function: "f", arguments: [.integer(2)], expected: .integer(4)),
        ] {
            let verdict = try await sharedPool().judge(job(program, [test], language: .javascript))
            #expect(verdict.outcome != .accepted && verdict.outcome != .infrastructureFailure, "\(verdict)")
            let after = try await sharedPool().judge(job(right, [test], language: .javascript) { $0.wallSeconds = 9 })
            #expect(after.outcome == .accepted, "\(after)")
        }
    }

    @Test(arguments: [
        (Language.javascript, "function f(x) { try { process.kill(-1, 'SIGKILL'); } catch {} return 5; }"),
        (.php, "<?php function f($x) { posix_kill(-1, 9); return 5; }"),
        (.ruby, "def f(x)\n  Process.kill(:KILL, -1)\n  5\nend"),
    ])
    func `Killing the tester is no way to pass`(language: Language, program: String) async throws {
        let verdict = try await sharedPool().judge(
            job(program, [.assert(code: language == .ruby ? "f(2) == 4" : "f(2) === 4")], language: language)
        )
        #expect(verdict.outcome != .accepted && verdict.outcome != .infrastructureFailure, "\(verdict)")
    }

    /// The exit status of the interpreter that runs the text as a file of its own.
    private static func plainStatus(_ text: String, _ language: Language) throws -> Int32 {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("program.\(language.fileExtension)")
        try Data(text.utf8).write(to: file)
        let commands: [Language: [String]] = [
            .javascript: ["/usr/bin/node"],
            .php: ["/usr/bin/php", "-n", "-d", "zend.assertions=1"],
            .ruby: ["/usr/bin/ruby", "--disable=gems"],
        ]
        let command = commands[language] ?? []
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = command.dropFirst() + [file.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
