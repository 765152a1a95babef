import Foundation
import Programs
import SandboxRunner
import Testing

/// Every program of `Programs`: the verdict it must get, and that nothing of it remains.
@Suite(.serialized) struct CorpusTests {
    @Test func `The list is long enough and has every item`() throws {
        let programs = try AdversarialProgram.all()
        #expect(programs.joined().count >= 250)
        let items = Set(programs.joined().compactMap { Int($0.name.prefix(2)) })
        // 66 to 78 are cheats: see CheatTests.
        #expect(Set(1...65).union(79...81).subtracting(items) == [])
    }

    @Test func `A file without a verdict is refused`() {
        #expect(throws: AdversarialProgram.Malformed.self) {
            try AdversarialProgram(name: "x", language: .python, source: "print(1)\n")
        }
        #expect(throws: AdversarialProgram.Malformed.self) {
            try AdversarialProgram(name: "x", language: .python, source: "# must: rejected\n")
        }
    }

    @Test(arguments: [
        "41-host-files/paths.py", "43-proc/others.py", "43-proc/readable.py", "44-sys/paths.py", "45-devices/nodes.py",
        "51-network/listen.py", "54-socket-families/all.py", "63-secrets/environment.py", "65-machine-name/uname.py",
    ])
    func `Outside the sandbox the same program finds what it looks for`(name: String) throws {
        let path = AdversarialProgram.directory.appending(path: "Programs/\(name)").path
        let run = try output(of: ["/usr/bin/python3", path], environment: ["PPOCODER_ADVERSARY_SECRET": "1"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output != "held\n")
    }

    @Test func `The look-outs see what is planted`() async throws {
        let users = firstUser + 900..<firstUser + 901
        let before = HostState(users: users)
        let planted = "/tmp/adversary-\(getpid())"
        #expect(FileManager.default.createFile(atPath: planted, contents: nil))
        #expect(HostState(users: users).difference(from: before) == ["file \(planted)"])
        try FileManager.default.removeItem(atPath: planted)
        #expect(HostState(users: users) == before)

        let pool = try await makePool(slots: 1, firstUser: users.lowerBound, languages: [.python])
        let sleeper = ExecutionJob(
            id: "sleeper",
            language: .python,
            program: "input()\nimport time\ntime.sleep(30)",
            tests: [.stdio(stdin: "1\n", stdout: "")],
            limits: {
                var limits = ExecutionLimits(); limits.wallSeconds = 3; return limits
            }()
        )
        async let verdict = pool.judge(sleeper)
        // While it sleeps, it is what a survivor would be. It sleeps until it is seen, or at most three seconds.
        var seen: [String] = []
        let deadline = ContinuousClock.now + .seconds(60)
        while seen.isEmpty, ContinuousClock.now < deadline {
            await Task.yield()
            seen = survivors()
        }
        if geteuid() == 0 {
            let difference = HostState(users: users).difference(from: before)
            #expect(difference.contains { $0.hasPrefix("process ") })
            #expect(difference.contains { $0.hasPrefix("control group ") })
            #expect(survivors(of: users) != [])
            #expect(survivors(of: 0..<1) == [])
        }
        #expect(!seen.isEmpty)
        #expect(await verdict.outcome == .timeLimit)
        #expect(survivors().isEmpty)
        await pool.shutdown()
        #expect(HostState(users: users) == before)
    }

    /// One worker: takes items until none is left, in a pool of one slot, so that "the next run" is in the same slot.
    private func work(through items: Queue<[AdversarialProgram]>, number: Int) async throws -> (
        run: Int, faults: [String]
    ) {
        let user = firstUser + 10 * number
        let pool = try await makePool(slots: 1, firstUser: user)
        let toolChains = await pool.toolChains
        var faults: [String] = []
        var run = 0
        while let item = await items.next() {
            for program in item where toolChains[program.job.language] != nil {
                run += 1
                let verdict = await pool.judge(program.job)
                if !program.outcomes.contains(verdict.outcome) {
                    faults.append("\(program.name): \(verdict.outcome.rawValue), \(verdict.diagnostics.suffix(300))")
                }
                if let text = program.forbiddenText, verdict.diagnostics.contains(text) {
                    faults.append("\(program.name): its diagnostics tell \(text)")
                }
                // Slots of an ordinary user's pools cannot be told apart; the supervisor's own count guards those.
                if geteuid() == 0 {
                    let left = survivors(of: user..<user + 1)
                    if !left.isEmpty { faults.append("\(program.name): left behind \(left)") }
                }
                let next = await pool.judge(AdversarialProgram.canary(program.job.language))
                if next.outcome != .accepted {
                    faults.append("\(program.name): the next program got \(next.outcome.rawValue), \(next.diagnostics)")
                }
            }
        }
        await pool.shutdown()
        return (run, faults)
    }

    @Test func `Every program gets its verdict and the next one in its slot is not affected`() async throws {
        unsafe setenv("PPOCODER_ADVERSARY_SECRET", "1", 1)
        let users = firstUser..<firstUser + 20
        let before = HostState(users: users)
        let items = Queue(try AdversarialProgram.all())
        async let first = work(through: items, number: 0)
        async let second = work(through: items, number: 1)
        let (one, two) = try await (first, second)
        #expect(one.faults == [])
        #expect(two.faults == [])
        #expect(one.run + two.run >= 250)
        #expect(survivors() == [])
        #expect(HostState(users: users).difference(from: before) == [])
    }

    @Test func `Sixty-four attackers at once are held`() async throws {
        let users = firstUser + 100..<firstUser + 164
        let before = HostState(users: users)
        let pool = try await makePool(slots: 64, firstUser: users.lowerBound, languages: [.python])
        let attackers = try AdversarialProgram.all().joined()
            .filter { $0.job.language == .python && $0.job.limits.memoryBytes <= 128 << 20 }.prefix(64)
        let jobs = (0..<64).map { attackers[attackers.startIndex + $0 % attackers.count] }
        let faults = await withTaskGroup(of: String?.self) { group in
            for program in jobs {
                group.addTask {
                    let verdict = await pool.judge(program.job)
                    // With thirty-two of them on a core the clock may be faster than the program.
                    let allowed = program.outcomes.union([.timeLimit])
                    return allowed.contains(verdict.outcome)
                        ? nil : "\(program.name): \(verdict.outcome.rawValue), \(verdict.diagnostics)"
                }
            }
            return await group.reduce(into: [String]()) { faults, fault in if let fault { faults.append(fault) } }
        }
        #expect(faults == [])
        #expect(survivors() == [])
        let canaries = await withTaskGroup(of: Verdict.Outcome.self) { group in
            for _ in 0..<64 { group.addTask { await pool.judge(AdversarialProgram.canary(.python)).outcome } }
            return await group.reduce(into: [Verdict.Outcome]()) { $0.append($1) }
        }
        #expect(canaries == Array(repeating: .accepted, count: 64))
        await pool.shutdown()
        #expect(HostState(users: users).difference(from: before) == [])
    }
}
