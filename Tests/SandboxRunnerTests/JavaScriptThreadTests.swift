import Programs
import SandboxRunner
import Testing

/// What Node and V8 give to threads: a program's child, forked from a warm Node, has none of them.
@Suite struct JavaScriptThreadTests {
    /// 1 + 2 by WebAssembly.
    private static let module = """
        const code = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1,
            3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);

        """
    private static let garbage =
        "let a = []; for (let i = 0; i < 3e5; i++) { a.push({ i }); if (a.length > 999) a = []; }\n"

    private static let programs: [(prints: String, program: String)] = [
        ("done", garbage + "console.log('done');"),
        ("done", "for (let i = 0; i < 60; i++) Buffer.alloc(4 << 20).fill(i);\nconsole.log('done');"),
        ("9", "for (let i = 0; i < 30; i++) new Array(1e6).fill(i);\nglobalThis.gc?.();\nconsole.log(9);"),
        (
            "3",
            "const r = new FinalizationRegistry(() => {});\n"
                + "for (let i = 0; i < 1e4; i++) r.register({ a: new Array(100) }, i);\nconsole.log(3);"
        ),
        (
            "again",
            garbage
                + "let n = 0; process.on('beforeExit', () => { if (n++ < 1) setTimeout(() => console.log('again'), 1); });"
        ),
        ("3", module + "console.log(new WebAssembly.Instance(new WebAssembly.Module(code)).exports.add(1, 2));"),
        ("3", module + "WebAssembly.instantiate(code).then((r) => console.log(r.instance.exports.add(1, 2)));"),
        // The event loop has something else to do all the time.
        (
            "3",
            module + "const t = setInterval(() => {}, 1);\nWebAssembly.compile(code).then((m) => { clearInterval(t); "
                + "console.log(new WebAssembly.Instance(m).exports.add(1, 2)); });"
        ),
        (
            "7",
            "const { Worker } = require('worker_threads');\n"
                + "new Worker(\"require('worker_threads').parentPort.postMessage(7)\", { eval: true })"
                + ".on('message', (m) => console.log(m));"
        ),
        (
            "timed-out",
            "const wait = Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);\n"
                + "wait.value.then((v) => { console.log(v); clearTimeout(t); }); const t = setTimeout(() => {}, 1e4);"
        ),
        ("8", "require('crypto').pbkdf2('a', 'b', 10, 8, 'sha1', (error, key) => console.log(key.length));"),
        (
            "1000",
            "const z = require('zlib');\n"
                + "z.gzip('x'.repeat(1000), (e, r) => z.gunzip(r, (f, t) => console.log(t.length)));"
        ),
        ("true", "require('fs').promises.readFile('/usr/bin/node').then((t) => console.log(t.length > 0));"),
    ]

    @Test func `Work for other threads is done, and a program that gave some ends`() async throws {
        let pool = try await sharedPool()
        for (prints, program) in Self.programs {
            let verdict = await pool.judge(job(program, [.stdio(stdin: "", stdout: prints)], language: .javascript))
            #expect(verdict.outcome == .accepted, "\(program): \(verdict)")
        }
    }

    @Test func `At the limit of threads too`() async throws {
        let program =
            Self.garbage + Self.module
            + "WebAssembly.compile(code).then((m) => console.log(new WebAssembly.Instance(m).exports.add(1, 2)));"
        let test = TestCase.stdio(stdin: "", stdout: "3")
        let alone = job(program, [test], language: .javascript) { $0.processes = 1 }
        #expect(try await sharedPool().judge(alone).outcome == .accepted)
    }
}
