import Programs

/// Judges programs of interpreted languages in a zygote slot.
///
/// The child that runs the program gets its text and the arguments of calls; it never gets an expected value. What it
/// returns is compared here. Test code runs in a second child, which holds the tests and a nonce and sees the program
/// only through plain data.
struct ZygoteJudge {
    private enum Mode: UInt32 {
        case compile = 0
        case call = 1
        case test = 2
        case stdio = 3
    }

    let slot: SlotProcess
    let interpreter: Interpreter
    let job: ExecutionJob
    /// Set when the slot must not be used again.
    private(set) var isSlotSpoilt = false
    private var results: TestResults
    private var status: UInt32 = 0

    init(slot: SlotProcess, interpreter: Interpreter, job: ExecutionJob) {
        self.slot = slot
        self.interpreter = interpreter
        self.job = job
        results = TestResults(count: job.tests.count)
    }

    /// Runs all tests.
    ///
    /// Only trouble of our own is an error.
    mutating func verdict() throws(SandboxError) -> Verdict {
        if SourceScan.isEmpty(job.program, language: job.language) { return results.compileError("empty program") }
        var calls: [Int] = []
        var tests: [Int] = []
        var stdio: [Int] = []
        for (index, test) in job.tests.enumerated() {
            switch test {
            case .call: calls.append(index)
            case .assert, .program: tests.append(index)
            case .stdio: stdio.append(index)
            }
        }
        if job.tests.isEmpty, let refusal = try compileOnly() { return results.compileError(refusal) }
        if let refusal = try runCalls(calls) { return results.compileError(refusal) }
        if let refusal = try runTests(tests) { return results.compileError(refusal) }
        if let refusal = try runStdio(stdio) { return results.compileError(refusal) }
        return results.verdict()
    }

    private mutating func run(
        _ mode: Mode,
        body: [UInt8],
        secret: [UInt8] = []
    ) throws(SandboxError) -> (reply: SlotReply, frames: [[UInt8]]) {
        let limits = job.limits
        let seconds = mode == .compile ? limits.compileSeconds : limits.cpuSeconds
        var head = SlotMessage()
        head.put(mode.rawValue)
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
                processes: limits.processes + 4,
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
        if spoilt != 0 { isSlotSpoilt = true }
        results.add(cost: reply, cpuSeconds: Double(cpu) / 1e6, peak: Int(peak))
        var reader = SlotMessageReader(reply.results)
        return (reply, reader.remainingByteStrings())
    }

    private func body(_ extra: (inout PlainDataWriter) -> Void) -> [UInt8] {
        var writer = PlainDataWriter()
        writer.tuple(count: 2)
        writer.put(job.program)
        extra(&writer)
        return writer.bytes
    }

    /// What the first frames say: the compiler's refusal, or whether the top level ran to its end.
    private enum Loading {
        case refused(String)
        case failed(TestResult)
        case loaded
    }

    private mutating func loading(_ frames: [[UInt8]], _ reply: SlotReply) -> Loading {
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
                guard let index = waiting.first, let result = result(of: frame, at: index) else { break }
                results.set(result, at: index)
                waiting.removeFirst()
            }
            guard let next = waiting.first else {
                // The program outlived it, but its children did not.
                let last = asked[asked.endIndex - 1]
                if reply.flags.contains(.killedForMemory) { results.set(fatal(reply), at: last) }
                break
            }
            results.set(fatal(reply, said: reply.output), at: next)
            waiting.removeFirst()
            results.countFatalRun()
        }
        results.fill(waiting, with: TestResult(outcome: .timeLimit, diagnostics: "not run after repeated failures"))
        return nil
    }

    private func result(of frame: [UInt8], at index: Int) -> TestResult? {
        guard case .call(let function, _, let expected) = job.tests[index], let tag = frame.first else { return nil }
        let said = tail(frame.dropFirst())
        switch Character(UnicodeScalar(tag)) {
        case "r":
            var reader = PlainDataReader(frame, from: 1)
            guard let value = reader.whole() else {
                return TestResult(
                    outcome: .wrongAnswer,
                    diagnostics: "\(function) returned something that is not plain data"
                )
            }
            let wanted = interpreter.language == .php ? expected.asPHPArray : expected
            if equals(value, wanted) { return .passed }
            return TestResult(outcome: .wrongAnswer, diagnostics: "\(function) returned a wrong value")
        case "x": return TestResult(outcome: .runtimeError, diagnostics: said)
        case "m": return TestResult(outcome: .memoryLimit, diagnostics: said)
        case "u": return TestResult(outcome: .wrongAnswer, diagnostics: said)
        default: return nil
        }
    }

    private mutating func runTests(_ indices: [Int]) throws(SandboxError) -> String? {
        var waiting = indices[...]
        while !waiting.isEmpty, !results.isExhausted {
            let asked = waiting
            let nonce = (0..<16).map { _ in UInt8.random(in: 0...255) }
            var secret = PlainDataWriter()
            secret.tuple(count: 2)
            secret.put(bytes: nonce)
            secret.list(count: asked.count)
            for index in asked {
                put(job.tests[index], into: &secret)
            }
            let (reply, frames) = try run(.test, body: body { $0.putNone() }, secret: secret.bytes)
            switch loading(frames, reply) {
            case .refused(let reason): return reason
            case .failed(let result):
                results.fill(indices, with: result)
                return nil
            case .loaded: break
            }
            var testimony = SlotMessageReader(reply.testimony)
            for frame in testimony.remainingByteStrings() where frame.starts(with: nonce) && frame.count > 20 {
                guard let index = waiting.first, let result = try testResult(of: frame.dropFirst(20), at: index) else {
                    break
                }
                results.set(result, at: index)
                waiting.removeFirst()
            }
            guard let next = waiting.first else {
                // The program outlived it, but its children did not.
                let last = asked[asked.endIndex - 1]
                if reply.flags.contains(.killedForMemory) { results.set(fatal(reply), at: last) }
                break
            }
            results.set(fatal(reply, said: reply.output), at: next)
            waiting.removeFirst()
            results.countFatalRun()
        }
        results.fill(waiting, with: TestResult(outcome: .timeLimit, diagnostics: "not run after repeated failures"))
        return nil
    }

    /// Python tells an assertion from a program by itself.
    private func put(_ test: TestCase, into secret: inout PlainDataWriter) {
        let isPython = interpreter.language == .python
        switch test {
        case .assert(let code), .program(let code):
            if !isPython { secret.list(count: 2) }
            if !isPython, case .assert = test { secret.put("assert") }
            if !isPython, case .program = test { secret.put("program") }
            secret.put(code)
        case .call, .stdio: preconditionFailure("only test code is run here")
        }
    }

    /// How a run ended that did not end as it should.
    private func fatal(_ reply: SlotReply, said: [UInt8] = []) -> TestResult {
        let text = tail(said)
        let result = fatalResult(reply, status: status, said: text)
        guard result.outcome == .runtimeError, Self.memoryComplaints.contains(where: text.contains) else {
            return result
        }
        return TestResult(outcome: .memoryLimit, diagnostics: text)
    }

    /// What interpreters say when they give up for want of memory.
    private static let memoryComplaints = [
        "Allowed memory size of", "JavaScript heap out of memory", "failed to allocate memory (NoMemoryError)",
    ]

    private func testResult(of frame: ArraySlice<UInt8>, at index: Int) throws(SandboxError) -> TestResult? {
        guard let tag = frame.first else { return nil }
        let said = tail(frame.dropFirst())
        switch Character(UnicodeScalar(tag)) {
        case "p": return .passed
        case "f": return TestResult(outcome: .wrongAnswer, diagnostics: said)
        case "x": return TestResult(outcome: .runtimeError, diagnostics: said)
        case "m": return TestResult(outcome: .memoryLimit, diagnostics: said)
        case "t": throw .testUnusable(index: index, reason: said)
        default: return nil
        }
    }

    private mutating func runStdio(_ indices: [Int]) throws(SandboxError) -> String? {
        for index in indices {
            guard case .stdio(let stdin, let expected) = job.tests[index] else { continue }
            guard !results.isExhausted else {
                results.fill(
                    [index],
                    with: TestResult(outcome: .timeLimit, diagnostics: "not run after repeated failures")
                )
                continue
            }
            let (reply, frames) = try run(.stdio, body: body { $0.put(bytes: Array(stdin.utf8)) })
            if let refusal = frames.first, refusal.first == UInt8(ascii: "E") { return tail(refusal.dropFirst()) }
            let trouble = frames.last { $0.first == UInt8(ascii: "X") || $0.first == UInt8(ascii: "M") }
            if !reply.flags.isEmpty || (status != 0 && trouble == nil) {
                let result = fatal(reply, said: reply.errors)
                results.set(result, at: index)
                if result.outcome == .timeLimit { results.countFatalRun() }
            } else if let trouble {
                let memory = trouble.first == UInt8(ascii: "M")
                let said = tail(trouble.dropFirst())
                results.set(TestResult(outcome: memory ? .memoryLimit : .runtimeError, diagnostics: said), at: index)
            } else if hasSameWords(reply.output, expected) {
                results.set(.passed, at: index)
            } else {
                results.set(TestResult(outcome: .wrongAnswer, diagnostics: "the output differs"), at: index)
            }
        }
        return nil
    }
}
