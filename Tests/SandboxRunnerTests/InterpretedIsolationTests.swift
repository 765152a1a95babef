import Programs
import SandboxRunner
import Testing

/// The walls, seen from JavaScript, PHP and Ruby; `IsolationTests` looks at them in depth.
@Suite struct InterpretedIsolationTests {
    private static func call(_ program: String, _ language: Language, _ expected: JSONValue, run: Int = 0) async throws
        -> Verdict
    {
        let test = TestCase.call(function: "f", arguments: [.integer(run)], expected: expected)
        return try await sharedPool().judge(job(program, [test], language: language) { $0.wallSeconds = 8 })
    }

    @Test(arguments: [
        (
            Language.javascript,
            "const fs = require('fs');\nfunction f(x) { return ['/etc/passwd', '/root', '/home', '/usr/local', '/sys/kernel', '/proc/1/environ'].filter((p) => { try { fs.readdirSync(p); return true; } catch { try { fs.readFileSync(p); return true; } catch { return false; } } }); }"
        ),
        (
            .php,
            "<?php function f($x) { return array_values(array_filter(['/etc/passwd', '/root', '/home', '/usr/local', '/sys/kernel', '/proc/1/environ'], fn($p) => @scandir($p) || @file_get_contents($p))); }"
        ),
        (
            .ruby,
            "def f(x) = ['/etc/passwd', '/root', '/home', '/usr/local', '/sys/kernel', '/proc/1/environ'].select { |p| (Dir.children(p) rescue File.read(p) rescue nil) }"
        ),
    ])
    func `The host's files are not there`(language: Language, program: String) async throws {
        let verdict = try await Self.call(program, language, .array([]))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test(arguments: [
        (
            Language.javascript,
            "function f(x) { return Object.keys(process.env).length + process.execArgv.length + process.argv.length; }",
            2
        ),
        (.php, "<?php function f($x) { return count(getenv()) - (int)(getenv('LC_ALL') !== false); }", 0),
        (.ruby, "def f(x) = (ENV.keys - ['LC_ALL', 'MALLOC_ARENA_MAX']).size", 0),
    ])
    func `The environment tells nothing`(language: Language, program: String, expected: Int) async throws {
        let verdict = try await Self.call(program, language, .integer(expected))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test(arguments: [
        (
            Language.javascript,
            "function f(x) { return new Promise((resolve) => require('net').connect(80, '127.0.0.1').on('error', () => resolve('refused')).on('connect', () => resolve('open'))); }"
        ),
        (.php, "<?php function f($x) { return @fsockopen('127.0.0.1', 80, $a, $b, 1) ? 'open' : 'refused'; }"),
        (
            .ruby,
            "require 'socket'\ndef f(x)\n  TCPSocket.new('127.0.0.1', 80)\n  'open'\nrescue SystemCallError\n  'refused'\nend"
        ),
    ])
    func `There is no network`(language: Language, program: String) async throws {
        let verdict = try await Self.call(program, language, .string("refused"))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test(arguments: [
        (
            Language.javascript,
            "const fs = require('fs');\nfunction f(x) { const left = fs.existsSync('/w/left') || fs.existsSync('/tmp/left/deep') || globalThis.left === true || Array.prototype.left === true; fs.writeFileSync('/w/left', 'x'); fs.mkdirSync('/tmp/left/deep', { recursive: true }); globalThis.left = Array.prototype.left = true; require('child_process').spawn('/usr/bin/sleep', ['60'], { detached: true, stdio: 'ignore' }).unref(); return left; }"
        ),
        (
            .php,
            "<?php function f($x) { $left = file_exists('/w/left') || file_exists('/tmp/left/deep') || getenv('LEFT') !== false; touch('/w/left'); mkdir('/tmp/left/deep', 0700, true); putenv('LEFT=1'); if (pcntl_fork() === 0) { posix_setsid(); sleep(60); exit; } return $left; }"
        ),
        (
            .ruby,
            "require 'fileutils'\ndef f(x)\n  left = File.exist?('/w/left') || File.exist?('/tmp/left/deep') || !$left.nil?\n  File.write('/w/left', 'x')\n  FileUtils.mkdir_p('/tmp/left/deep')\n  $left = 1\n  fork { Process.setsid; sleep 60 }\n  left\nend"
        ),
    ])
    func `A run leaves nothing to the next`(language: Language, program: String) async throws {
        var configuration = SandboxConfiguration()
        configuration.slots = 1
        configuration.firstUser = firstUser + 30
        configuration.helperPath = helper()
        configuration.languages = [language]
        let pool = try await SandboxPool(configuration: configuration)
        for run in 0..<4 {
            let test = TestCase.call(function: "f", arguments: [.integer(run)], expected: .bool(false))
            let verdict = await pool.judge(job(program, [test], language: language))
            #expect(verdict.outcome == .accepted, "\(verdict)")
        }
        // The interpreter itself is the first process of its slot.
        #expect(survivors(of: firstUser + 30..<firstUser + 31) == [])
        await pool.shutdown()
    }

    @Test(arguments: [
        (
            Language.javascript,
            "function f(x) { const keep = []; for (let i = 0; i < 60; i++) { keep.push(new Array(20000).fill({ i }).map((o) => ({ ...o, s: 'x'.repeat(3) + o.i }))); if (keep.length > 10) keep.shift(); } const big = new Float64Array(4e6).fill(1.5); let s = 0; for (let i = 0; i < 3e6; i++) s += i % 7; return [keep.length, big[9], s, 'aaab'.replace(/a+(b)/, '$1'), new Promise((r) => setTimeout(r, 2, 5)) instanceof Promise, 2n ** 70n > 1n]; }",
            JSONValue.array([.integer(10), .number(1.5), .integer(8_999_994), .string("b"), .bool(true), .bool(true)])
        ),
        (
            .javascript,
            "const { Worker } = require('worker_threads');\nfunction f(x) { return new Promise((resolve, reject) => new Worker('require(\"worker_threads\").parentPort.postMessage(6 * 7)', { eval: true }).on('message', resolve).on('error', reject)); }",
            .integer(42)
        ),
        (
            .javascript,
            "const fs = require('fs'), { promisify } = require('util');\nasync function f(x) { await fs.promises.writeFile('/tmp/a', 'text'); const z = await promisify(require('zlib').gzip)('x'); return [await fs.promises.readFile('/tmp/a', 'utf8'), require('zlib').gunzipSync(z).toString(), require('crypto').createHash('sha1').update('').digest('hex').slice(0, 4)]; }",
            .array([.string("text"), .string("x"), .string("da39")])
        ),
    ])
    func `A forked Node collects, waits, compiles and works with threads`(
        language: Language,
        program: String,
        expected: JSONValue
    ) async throws {
        let verdict = try await Self.call(program, language, expected)
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }
}
