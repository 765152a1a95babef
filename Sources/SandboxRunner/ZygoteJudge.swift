import Programs

/// Judges programs of interpreted languages in a zygote slot.
///
/// The child that runs the program gets its text and the arguments of calls; it never gets an expected value. What it
/// returns is compared here. Python's test code is taken apart into such calls where that can be done (`TestPlan`); the
/// rest runs in a second child, which holds the tests and a nonce and sees the program only through plain data.
struct ZygoteJudge {
    enum Mode: UInt32 {
        case compile = 0
        case call = 1
        case test = 2
        case stdio = 3
        /// Calls whose results are compared in Python's terms.
        case plan = 4
    }

    /// Added to the mode: report executed lines.
    private static let coverageMark: UInt32 = 0x100
    /// Added to the mode: the program may return at its top level.
    private static let returnMark: UInt32 = 0x200

    let slot: SlotProcess
    let interpreter: Interpreter
    private let plans: PlanCache
    let job: ExecutionJob
    /// Set when the slot must not be used again.
    private(set) var isSlotSpoilt = false
    var results: TestResults
    private(set) var status: UInt32 = 0
    /// CPU time of the last run's children, seconds.
    private(set) var cpuSeconds = 0.0
    /// Lines of the program when those executed are asked for, otherwise 0.
    private let lineCount: Int

    init(slot: SlotProcess, interpreter: Interpreter, plans: PlanCache, job: ExecutionJob) {
        self.slot = slot
        self.interpreter = interpreter
        self.plans = plans
        self.job = job
        results = TestResults(count: job.tests.count)
        let hasCoverage = job.options.coverage && interpreter.reportsLines
        lineCount = hasCoverage ? job.program.utf8.count { $0 == 10 } + 1 : 0
        if hasCoverage { results.executedLines = [] }
    }

    /// Runs all tests.
    ///
    /// Only trouble of our own is an error.
    mutating func verdict() throws(SandboxError) -> Verdict {
        if SourceScan.isEmpty(job.program, language: job.language) { return results.compileError("empty program") }
        if job.tests.isEmpty, let refusal = try compileOnly() { return results.compileError(refusal) }
        var calls: [Int] = []
        var planned: [(index: Int, plan: TestPlan)] = []
        var tests: [Int] = []
        var stdio: [Int] = []
        for (index, test) in job.tests.enumerated() {
            switch test {
            case .call: calls.append(index)
            case .assert(let code), .program(let code):
                let plan = interpreter.language == .python ? plans[code] : nil
                if let plan { planned.append((index, plan)) } else { tests.append(index) }
            case .stdio: stdio.append(index)
            }
        }
        if let refusal = try runCalls(wanted(calls)) { return results.compileError(refusal) }
        let left = planned.filter { !wanted([$0.index]).isEmpty }
        let (refusal, undecided) = try runPlans(left)
        if let refusal { return results.compileError(refusal) }
        if let refusal = try runTests(wanted((tests + undecided).sorted())) { return results.compileError(refusal) }
        if let refusal = try runStdio(stdio) { return results.compileError(refusal) }
        if job.options.stopAtFirstFailure { results.stopAtFirstFailure() }
        return results.verdict()
    }

    /// Those of the tests that still matter.
    func wanted(_ indices: [Int]) -> [Int] {
        guard job.options.stopAtFirstFailure, let first = results.firstFailure else { return indices }
        return indices.filter { $0 < first }
    }

    mutating func run(
        _ mode: Mode,
        body: [UInt8],
        secret: [UInt8] = [],
        mayReturn: Bool = false
    ) throws(SandboxError) -> (reply: SlotReply, frames: [[UInt8]]) {
        let limits = job.limits
        let seconds = mode == .compile ? limits.compileSeconds : limits.cpuSeconds
        var head = SlotMessage()
        let returning = mayReturn && interpreter.language == .python ? Self.returnMark : 0
        head.put(mode.rawValue | (lineCount > 0 ? Self.coverageMark : 0) | returning)
        let space = interpreter.ownAddressSpace
        head.put(UInt64(space == 0 ? 0 : limits.memoryBytes + space))
        head.put(UInt64(limits.fileBytes))
        head.put(UInt32(limits.processes))
        head.put(UInt32(seconds.rounded(.up)))
        head.put(UInt64(64 << 20))
        var framed = SlotMessage()
        framed.put(bytes: body)
        var framedSecret = SlotMessage()
        if !secret.isEmpty { framedSecret.put(bytes: secret) }
        let reply = try slot.run(
            SlotRequest(
                memoryBytes: limits.memoryBytes + interpreter.ownMemory,
                processes: limits.processes + interpreter.ownProcesses,
                cpuSeconds: seconds,
                wallSeconds: max(limits.wallSeconds, seconds),
                outputBytes: limits.outputBytes,
                head: head.bytes,
                body: framed.bytes,
                secret: framedSecret.bytes
            )
        )
        var answer = SlotMessageReader(reply.answer)
        guard let status = answer.number(UInt32.self), let spoilt = answer.number(UInt8.self),
            let cpu = answer.number(UInt64.self), let peak = answer.number(UInt64.self)
        else { throw .slotLost(reason: "its zygote's answer is too short") }
        self.status = status
        cpuSeconds = Double(cpu) / 1e6
        if spoilt != 0 { isSlotSpoilt = true }
        if mode == .compile, let limit = compileLimit(reply, status: status) { results.compileLimit = limit }
        results.add(cost: reply, cpuSeconds: cpuSeconds, peak: Int(peak))
        var reader = SlotMessageReader(reply.results)
        let frames = reader.remainingByteStrings()
        return (reply, lineCount > 0 ? withoutLines(frames) : frames)
    }

    /// Takes the reports of executed lines out of what a program's child said.
    private mutating func withoutLines(_ frames: [[UInt8]]) -> [[UInt8]] {
        frames.filter { frame in
            guard frame.first == UInt8(ascii: "v"), frame.count == 5 else { return true }
            let line = frame[1...].reversed().reduce(0) { $0 << 8 | Int($1) }
            if (1...lineCount).contains(line) { results.executedLines?.insert(line) }
            return false
        }
    }

    func body(_ extra: (inout PlainDataWriter) -> Void) -> [UInt8] {
        var writer = PlainDataWriter()
        writer.tuple(count: 2)
        writer.put(job.program)
        extra(&writer)
        return writer.bytes
    }

    /// What the first frames say: the compiler's refusal, or whether the top level ran to its end.
    enum Loading {
        case refused(String)
        case failed(TestResult)
        case loaded
    }

    mutating func loading(_ frames: [[UInt8]], _ reply: SlotReply) -> Loading {
        for frame in frames {
            switch frame.first.map({ Character(UnicodeScalar($0)) }) {
            case "E": return .refused(tail(frame.dropFirst()))
            case "c": results.compileSeconds += max(0, Double(String(decoding: frame.dropFirst(), as: UTF8.self)) ?? 0)
            case "L": return .failed(TestResult(outcome: .runtimeError, diagnostics: tail(frame.dropFirst())))
            case "M": return .failed(TestResult(outcome: .memoryLimit, diagnostics: tail(frame.dropFirst())))
            case "l": return .loaded
            default: return .failed(fatal(reply, said: reply.output))
            }
        }
        return .failed(fatal(reply, said: reply.output))
    }

    private mutating func compileOnly() throws(SandboxError) -> String? {
        let (reply, frames) = try run(.compile, body: body { $0.putNone() })
        switch frames.first?.first.map({ Character(UnicodeScalar($0)) }) {
        case "c": return nil
        case "E": return tail(frames[0].dropFirst())
        default: return fatal(reply).diagnostics
        }
    }

    private mutating func runCalls(_ indices: [Int]) throws(SandboxError) -> String? {
        var waiting = indices[...]
        while !waiting.isEmpty, !results.isExhausted {
            let asked = waiting
            let (reply, frames) = try run(
                .call,
                body: body { writer in
                    writer.list(count: asked.count)
                    for case .call(let function, let arguments, _) in asked.map({ job.tests[$0] }) {
                        writer.tuple(count: 2)
                        writer.put(function)
                        writer.put(.array(arguments))
                    }
                }
            )
            switch loading(frames, reply) {
            case .refused(let reason): return reason
            case .failed(let result):
                results.fill(indices, with: result)
                return nil
            case .loaded: break
            }
            for frame in frames.drop(while: { $0.first != UInt8(ascii: "l") }).dropFirst() {
                guard let index = waiting.first, let result = result(of: frame, at: index, isAlone: asked.count == 1)
                else { break }
                results.set(result, at: index)
                waiting.removeFirst()
            }
            end(reply, of: asked, unanswered: &waiting)
        }
        results.fill(waiting, with: .notRun)
        return nil
    }

    /// Accounts for the end of a run that was asked for several tests and left some `unanswered`: it died in the first.
    mutating func end(_ reply: SlotReply, of asked: ArraySlice<Int>, unanswered: inout ArraySlice<Int>) {
        if let next = unanswered.popFirst() {
            results.set(fatal(reply, said: reply.output), at: next)
            results.countFatalRun()
        } else if let last = asked.last, reply.flags.contains(.killedForMemory) {
            // The program outlived it, but its children did not.
            results.set(fatal(reply), at: last)
        }
    }

    private func result(of frame: [UInt8], at index: Int, isAlone: Bool) -> TestResult? {
        guard case .call(let function, _, let expected) = job.tests[index], let tag = frame.first else { return nil }
        guard let (cpuSeconds, content) = timed(frame, isAlone: isAlone) else { return nil }
        var result: TestResult
        switch Character(UnicodeScalar(tag)) {
        case "r":
            var reader = PlainDataReader(frame, from: content.startIndex)
            result = TestResult(outcome: .wrongAnswer, diagnostics: "\(function) returned a wrong value")
            if let value = reader.whole() {
                let wanted = interpreter.language == .php ? expected.asPHPArray : expected
                if agrees(value, with: wanted, by: job.comparison(at: index)) { result = .passed }
            } else {
                result.diagnostics = "\(function) returned something that is not plain data"
            }
        case "x": result = TestResult(outcome: .runtimeError, diagnostics: tail(content))
        case "m": result = TestResult(outcome: .memoryLimit, diagnostics: tail(content))
        case "u": result = TestResult(outcome: .wrongAnswer, diagnostics: tail(content))
        default: return nil
        }
        result.cpuSeconds = cpuSeconds
        return result
    }

    /// The CPU time of a test, and what a frame about it says behind its tag.
    ///
    /// Where the harness does not tell the time, it is known only of a test that is alone in its run.
    func timed(_ frame: [UInt8], isAlone: Bool) -> (seconds: Double, content: ArraySlice<UInt8>)? {
        guard interpreter.timesFrames else { return (isAlone ? cpuSeconds : 0, frame.dropFirst()) }
        guard frame.count >= 5 else { return nil }
        let microseconds = frame[1..<5].reversed().reduce(0) { $0 << 8 | Int($1) }
        return (Double(microseconds) / 1e6, frame[5...])
    }

    /// How a run ended that did not end as it should.
    func fatal(_ reply: SlotReply, said: [UInt8] = []) -> TestResult {
        let text = tail(said)
        var result = fatalResult(reply, status: status, said: text)
        if result.outcome == .runtimeError, Self.memoryComplaints.contains(where: text.contains) {
            (result.outcome, result.diagnostics) = (.memoryLimit, text)
        }
        return result
    }

    /// What interpreters say when they give up for want of memory.
    private static let memoryComplaints = [
        "Allowed memory size of", "JavaScript heap out of memory", "failed to allocate memory (NoMemoryError)",
    ]
}
