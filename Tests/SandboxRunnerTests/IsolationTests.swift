import Foundation
import Programs
import SandboxRunner
import Testing

@Suite struct IsolationTests {
    /// Runs `body` in a sandbox; it must return 0.
    private func expectZero(_ body: String) async throws {
        let test = TestCase.call(function: "f", arguments: [], expected: .integer(0))
        let program = "import os, socket\ndef f():\n" + body.split(separator: "\n").map { "    \($0)\n" }.joined()
        let verdict = try await sharedPool().judge(job(program, [test]))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test func `No file of the host is visible`() async throws {
        try await expectZero(
            """
            paths = ['/etc/passwd', '/etc/shadow', '/root', '/home', '/work', '/proc/1/environ', '/sys', '/var', '/opt',
                     '/proc/1/root', '/proc/1/mem', '/dev/kvm', '/dev/vsock', '/dev/mem', '/usr/local', '/run', '/boot']
            return sum(os.path.exists(path) for path in paths)
            """
        )
    }

    @Test func `There is no network but a dead loopback`() async throws {
        try await expectZero(
            """
            opened = 0
            for family, kind in ((2, 1), (2, 2), (10, 1), (16, 3), (17, 3), (40, 1), (38, 5)):
                try:
                    socket.socket(family, kind).close()
                    opened += 1
                except OSError:
                    pass
            return opened
            """
        )
    }

    @Test func `No other process is visible and none can be harmed`() async throws {
        try await expectZero(
            """
            others = [name for name in os.listdir('/proc') if name.isdigit() and int(name) != os.getpid()]
            for pid in range(1, 40):
                if pid != os.getpid():
                    try: os.kill(pid, 9)
                    except OSError: pass
            return len(others)
            """
        )
    }

    @Test func `Nothing can be written outside the two scratch directories`() async throws {
        try await expectZero(
            """
            written = 0
            for directory in ('/', '/usr', '/usr/lib', '/etc', '/dev', '/proc', '/bin', '/etc/alternatives', '/headers'):
                try:
                    open(os.path.join(directory, 'x'), 'w').close()
                    written += 1
                except OSError:
                    pass
            for directory in ('/w', '/tmp'):
                open(os.path.join(directory, 'x'), 'w').close()
            return written
            """
        )
    }

    @Test func `The kernel's dangerous doors are shut`() async throws {
        try await expectZero(
            """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            done = 0
            # unshare, clone(NEWUSER), mount, ptrace(TRACEME), bpf, io_uring_setup, keyctl, userfaultfd, perf_event_open
            for call in ((272, 0x10000000), (165, 0, 0, 0, 0, 0), (101, 0, 0, 0, 0), (321, 0, 0, 0), (425, 1, 0),
                         (250, 0, 0, 0, 0, 0), (323, 0), (298, 0, 0, 0, 0, 0), (56, 0x10000000 | 17, 0, 0, 0, 0)):
                ctypes.set_errno(0)
                if libc.syscall(*call) != -1 or ctypes.get_errno() != 1: done += 1
            if libc.syscall(435, 0, 0) != -1 or ctypes.get_errno() != 38: done += 100
            status = open('/proc/self/status').read()
            for line in status.splitlines():
                if line.startswith('Cap') and int(line.split()[1], 16): done += 1
                if line.startswith('NoNewPrivs') and line.split()[1] != '1': done += 1
                if line.startswith('Uid') and '0' in line.split()[1:]: done += 1
            return done
            """
        )
    }

    @Test func `The environment is empty and no descriptor is left open`() async throws {
        try await expectZero(
            """
            extra = 0
            for fd in range(3, 256):
                try: kind = os.readlink('/proc/self/fd/%d' % fd)
                except OSError: continue
                # The one pipe is for results.
                extra += not kind.startswith('pipe:')
            return extra + len(os.environ)
            """
        )
    }

    @Test func `A file left behind is gone for the next program`() async throws {
        let pool = try await sharedPool()
        let leave = """
            import os
            def f():
                os.makedirs('/w/a/b')
                os.symlink('/usr/bin', '/w/a/link')
                open('/w/a/b/c', 'w').close()
                os.mkfifo('/tmp/p')
                os.chmod('/w/a/b', 0)
                return 0
            """
        for round in 0..<4 {
            let test = TestCase.call(function: "f", arguments: [], expected: .integer(0))
            #expect(await pool.judge(job(leave + "# \(round)", [test])).outcome == .accepted)
        }
        for round in 0..<4 {
            let look = "import os\ndef f(): return len(os.listdir('/w')) + len(os.listdir('/tmp')) # \(round)\n"
            let test = TestCase.call(function: "f", arguments: [], expected: .integer(0))
            let verdict = await pool.judge(job(look, [test]))
            #expect(verdict.outcome == .accepted, "\(verdict)")
        }
    }

    @Test func `A daemon does not outlive its run`() async throws {
        let program = """
            import os, time, signal
            def f():
                for _ in range(5):
                    if os.fork() == 0:
                        os.setsid()
                        signal.signal(signal.SIGTERM, signal.SIG_IGN)
                        if os.fork() == 0:
                            time.sleep(600)
                        os._exit(0)
                return 1
            """
        let pool = try await sharedPool()
        let test = TestCase.call(function: "f", arguments: [], expected: .integer(1))
        let python = await pool.judge(job(program, [test]))
        #expect(python.outcome == .accepted, "\(python)")
        let native =
            "#include <unistd.h>\n#include <cstdio>\nint main() { if (fork() == 0) { setsid(); sleep(600); } std::puts(\"1\"); }\n"
        let cpp = await pool.judge(job(native, [.stdio(stdin: "", stdout: "1")], language: .cpp))
        #expect(cpp.outcome == .accepted, "\(cpp)")
    }

    @Test func `When the judge is killed nothing of it stays`() async throws {
        // A parent that starts a slot, lets a program sleep in it, says who they are and is then killed.
        let script = """
            import socket, struct, subprocess, sys, time, os
            text = lambda s: struct.pack('<I', len(s)) + s.encode()
            here, there = socket.socketpair()
            helper = subprocess.Popen([sys.argv[1]], stdin=there)
            there.close()
            binds = ['/usr/bin', '/usr/lib', '/usr/lib64', '/lib', '/lib64', '/bin', '/etc/ld.so.cache']
            setup = struct.pack('<IIQI', 0, 61900, 1 << 20, len(binds)) + b''.join(text(b) * 2 for b in binds) + struct.pack('<II', 0, 0)
            here.sendall(struct.pack('<I', len(setup)) + setup)
            size = struct.unpack('<I', here.recv(4))[0]
            assert here.recv(size)[0] == 1
            run = struct.pack('<QQQIIQI', 0, 1 << 20, 1 << 20, 16, 60, 8 << 20, 0) + struct.pack('<I', 2)
            run += text('/usr/bin/sleep') + text('600') + text('') + text('')
            run = struct.pack('<QIQQQ', 1 << 28, 32, 0, 600000000, 1 << 20) + struct.pack('<I', len(run)) + run + text('') * 2
            here.sendall(struct.pack('<I', len(run)) + run)
            pids = [helper.pid]
            for _ in range(500):
                if len(pids) == 3: break
                time.sleep(0.02)
                children = open('/proc/%d/task/%d/children' % (pids[-1], pids[-1])).read().split()
                pids += map(int, children[:1])
            print(*pids, flush=True)
            time.sleep(600)
            """
        let parent = Process()
        parent.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        parent.arguments = ["-c", script, helper()]
        let pipe = Pipe()
        parent.standardOutput = pipe
        try parent.run()
        var line = ""
        while !line.contains("\n") {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            line += String(decoding: data, as: UTF8.self)
        }
        let pids = line.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        #expect(pids.count == 3, "supervisor, init, sleep: \(line)")
        #expect(pids.allSatisfy { kill($0, 0) == 0 })
        kill(parent.processIdentifier, SIGKILL)
        parent.waitUntilExit()
        for _ in 0..<300 where pids.contains(where: isRunning) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!pids.contains(where: isRunning))
    }

    private func isRunning(_ pid: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        // A zombie waits for whoever adopted it, and runs no more.
        return !stat.contains(") Z ")
    }

    @Test func `The report names the walls`() async throws {
        let walls = try await sharedPool().wallsReport().joined(separator: "\n")
        #expect(walls.contains("namespaces:"))
        #expect(walls.contains("seccomp"))
        #expect(walls.contains("control groups:"))
    }

    @Test func `A helper that is missing is named`() async throws {
        var configuration = SandboxConfiguration()
        configuration.helperPath = "/nowhere/ppocoder-slot"
        await #expect(throws: SandboxError.helperMissing(path: "/nowhere/ppocoder-slot")) {
            _ = try await SandboxPool(configuration: configuration)
        }
    }
}

/// Runs by itself after trouble of every sort, on a pool of its own.
@Suite struct AftermathTests {
    @Test func `Sixteen attackers at once leave no process and a working pool`() async throws {
        var configuration = SandboxConfiguration()
        configuration.slots = 2
        configuration.helperPath = helper()
        configuration.firstUser = firstUser + 100
        configuration.languages = [.python]
        let pool = try await SandboxPool(configuration: configuration)
        let attacks = [
            "import os\n    while True:\n        try: os.fork()\n        except OSError: pass",
            "import os\n    if os.fork() == 0:\n        os.setsid()\n        while True: pass\n    os._exit(0)",
            "x = []\n    while True: x.append(bytearray(1 << 20))",
            "import os\n    d = '/w'\n    for i in range(3000):\n        os.mkdir('d')\n        os.chdir('d')",
        ]
        await withTaskGroup(of: Verdict.self) { group in
            for number in 0..<16 {
                let test = TestCase.call(function: "f", arguments: [], expected: .integer(number))
                let attack = job("def f():\n    \(attacks[number % 4])\n", [test]) {
                    $0.cpuSeconds = 0.3
                    $0.wallSeconds = 2
                    $0.processes = 24
                    $0.memoryBytes = 128 << 20
                }
                group.addTask { await pool.judge(attack) }
            }
            for await verdict in group {
                #expect(verdict.outcome != .accepted && verdict.outcome != .infrastructureFailure, "\(verdict)")
            }
        }
        let test = TestCase.call(function: "f", arguments: [], expected: .integer(1))
        #expect(await pool.judge(job("def f(): return 1\n", [test])).outcome == .accepted)
        #expect(survivors(of: firstUser + 100..<firstUser + 102).isEmpty)
        await pool.shutdown()
        #expect(await pool.judge(job("def f(): return 2\n", [test])).outcome == .infrastructureFailure)
    }
}
