import Foundation
import Programs
import SandboxRunner
import Testing

/// Short forms of `Tools/sandbox-endurance`, which does the same for 100,000 runs and 1,000 kills.
@Suite(.serialized) struct EnduranceTests {
    private static func job(_ number: Int) -> ExecutionJob {
        let bodies = [
            "return x + \(number) - \(number)", "return 1 / 0", "open('/tmp/%d' % x, 'w').write('x' * 5000); return x",
            "import os; os.fork(); return x", "raise SystemExit", "return list(range(x % 50 * 1000))",
        ]
        var limits = ExecutionLimits()
        limits.processes = 8
        return ExecutionJob(
            id: "\(number)",
            language: .python,
            program: "def f(x):\n    \(bodies[number % bodies.count])\n",
            tests: [.call(function: "f", arguments: [.integer(number)], expected: .integer(number))],
            limits: limits
        )
    }

    /// Whether a program of the list above returns what it was given.
    private static func isRight(_ number: Int) -> Bool { [0, 2, 3].contains(number % 6) }

    /// What supervisors and the first processes of their slots hold.
    private struct Holdings {
        var residentKilobytes = 0
        var descriptors = 0
        var mounts = 0

        init() {
            for process in supervisors() + supervisors().flatMap({ children(of: $0) }) {
                let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
                let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
                residentKilobytes += Int(line.filter(\.isNumber)) ?? 0
                descriptors += (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd"))?.count ?? 0
                let mounts = (try? String(contentsOfFile: "/proc/\(process)/mountinfo", encoding: .utf8)) ?? ""
                self.mounts += mounts.split(separator: "\n").count
            }
        }
    }

    @Test func `Eight hundred runs leave the slots as two hundred did`() async throws {
        let pool = try await makePool(slots: 2, firstUser: firstUser + 300, languages: [.python])
        func run(_ numbers: Range<Int>) async {
            await withTaskGroup(of: Void.self) { group in
                for number in numbers {
                    group.addTask {
                        let verdict = await pool.judge(Self.job(number))
                        #expect((verdict.outcome == .accepted) == Self.isRight(number), "\(number): \(verdict)")
                    }
                }
            }
        }
        await run(0..<200)
        let early = Holdings()
        await run(200..<800)
        let late = Holdings()
        #expect(early.descriptors > 0 && early.mounts > 0 && early.residentKilobytes > 0)
        #expect(late.descriptors == early.descriptors)
        #expect(late.mounts == early.mounts)
        #expect(late.residentKilobytes <= early.residentKilobytes + 2048)
        await pool.shutdown()
    }

    @Test func `Whoever is killed in the middle of the work, it is done and nothing is left`() async throws {
        let users = firstUser + 310..<firstUser + 312
        let before = HostState(users: users)
        let pool = try await makePool(slots: 2, firstUser: users.lowerBound, languages: [.python])
        let killer = Task {
            var victims: [pid_t] = []
            while victims.count < 30, !Task.isCancelled {
                let own = supervisors()
                let all = victims.count % 2 == 0 ? own : own.flatMap { children(of: $0) }
                if let victim = all.randomElement(), !victims.contains(victim), kill(victim, SIGKILL) == 0 {
                    victims.append(victim)
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
            return victims
        }
        let right = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<400 {
                group.addTask {
                    // What the dispatcher does when an executor reports a failure of its own: again, elsewhere.
                    var verdict = await pool.judge(Self.job(number))
                    for _ in 0..<20 where verdict.outcome == .infrastructureFailure {
                        verdict = await pool.judge(Self.job(number))
                    }
                    return (verdict.outcome == .accepted) == Self.isRight(number)
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        killer.cancel()
        let victims = await killer.value
        #expect(right == 400)
        #expect(victims.count >= 10)
        #expect(survivors() == [])
        await pool.shutdown()
        // Groups of killed supervisors go when the next one starts.
        let next = try await makePool(slots: 1, firstUser: users.lowerBound, languages: [.python])
        await next.shutdown()
        #expect(groups(of: Set(victims)) == [])
        // The kernel takes what the killed ones left behind apart in its own time.
        for _ in 0..<50 where !HostState(users: users).difference(from: before).isEmpty {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(HostState(users: users).difference(from: before) == [])
    }
}
