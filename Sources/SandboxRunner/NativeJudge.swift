import Determinism
import Programs

/// Judges programs of compiled languages: compiled in their own compiler's slot, run in one that executes commands.
struct NativeJudge {
    /// How a C or C++ program ends when an assertion does not hold.
    static let assertionStatus: UInt32 = 86
    /// What the other languages say then.
    static let assertionMessage = "the assertion does not hold"

    let job: ExecutionJob
    let toolChain: ToolChain
    let language: any CompiledLanguage
    let compiled: CompileCache
    /// Known to this pool only; the harness's names are derived from it, so that identical programs compile identically.
    let poolSecret: String
    private var results: TestResults

    init(
        job: ExecutionJob,
        toolChain: ToolChain,
        language: any CompiledLanguage,
        compiled: CompileCache,
        poolSecret: String
    ) {
        self.job = job
        self.toolChain = toolChain
        self.language = language
        self.compiled = compiled
        self.poolSecret = poolSecret
        results = TestResults(count: job.tests.count)
    }

    /// Compiles and runs all tests.
    ///
    /// Only trouble of our own is an error.
    mutating func verdict(in processes: inout SlotProcesses) throws(SandboxError) -> Verdict {
        if SourceScan.isEmpty(job.program, language: job.language) { return results.compileError("empty program") }
        var tests = job.tests
        for (index, test) in tests.enumerated() {
            guard case .assert(let code) = test else { continue }
            let assertion = CompiledAssertion(code, language: job.language)
            tests[index] = assertion.call ?? .program(code: language.assertion(assertion.expression))
        }
        if tests.isEmpty {
            let artefact = try compile(language.whole(job.program, purpose: .check), in: &processes)
            if let refusal = artefact.refusal { return results.compileError(refusal) }
        }
        let calls = tests.indices.filter { if case .call = tests[$0] { true } else { false } }
        if !calls.isEmpty, let refusal = try runCalls(calls, of: tests, in: &processes) {
            return results.compileError(refusal)
        }
        for (index, test) in tests.enumerated() {
            let refusal: String?
            switch test {
            case .call, .assert: continue
            case _ where hasFailed(before: index): continue
            case _ where results.isExhausted:
                results.fill(
                    [index],
                    with: .notRun
                )
                continue
            case .stdio(let stdin, let expected):
                refusal = try runWhole(stdin, expected, at: index, in: &processes)
            case .program(let code):
                refusal = try runTest(code, at: index, in: &processes)
            }
            if let refusal { return results.compileError(refusal) }
        }
        if job.options.stopAtFirstFailure { results.stopAtFirstFailure() }
        return results.verdict()
    }

    /// Whether an earlier test has failed, after which no other is wanted.
    private func hasFailed(before index: Int) -> Bool {
        guard job.options.stopAtFirstFailure, let first = results.firstFailure else { return false }
        return first < index
    }

    /// - Returns: the compiler's refusal, if any.
    private mutating func runWhole(
        _ stdin: String,
        _ expected: String,
        at index: Int,
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> String? {
        let unit = language.whole(job.program, purpose: .whole)
        let artefact = try compile(unit, in: &processes)
        if let refusal = artefact.refusal { return refusal }
        let outcome = try run(artefact, unit, input: Array(stdin.utf8), in: &processes)
        if let failure = failure(outcome) {
            results.set(failure, at: index)
            return nil
        }
        let isRight = agrees(outcome.output, with: expected, by: job.comparison(at: index))
        var result = isRight ? .passed : TestResult(outcome: .wrongAnswer, diagnostics: "the output differs")
        result.cpuSeconds = outcome.cpuSeconds
        results.set(result, at: index)
        return nil
    }

    /// Part of all names that the harness adds to a program; the same for the same program and test.
    private func mark(for code: String) -> String {
        String(Digest(of: poolSecret + "\u{0}" + job.program + "\u{0}" + code).hex.prefix(16))
    }

    private mutating func runTest(
        _ code: String,
        at index: Int,
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> String? {
        guard let unit = language.tested(job.program, by: code, mark: mark(for: code)) else {
            throw .testUnusable(index: index, reason: "neither it nor the program has a main")
        }
        let artefact = try compile(unit, in: &processes)
        if let refusal = artefact.refusal { return refusal }
        if let objection = artefact.objection ?? language.objection(to: job.program, test: code) {
            results.set(TestResult(outcome: .wrongAnswer, diagnostics: objection), at: index)
            return nil
        }
        // 64 characters, made for this run only.
        let nonce = (0..<4).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let outcome = try run(artefact, unit, input: Array(nonce.utf8), in: &processes)
        if var failure = failure(outcome) {
            let isSaid = failure.outcome == .runtimeError && isSaidByTest(outcome.errors, code)
            if isSaid || outcome.status >> 8 == Self.assertionStatus { failure.outcome = .wrongAnswer }
            results.set(failure, at: index)
            return nil
        }
        let lines = outcome.output.split(whereSeparator: { $0 == 10 || $0 == 13 })
        let isProven = lines.last.map { $0.elementsEqual(nonce.utf8) } == true
        let early = TestResult(outcome: .runtimeError, diagnostics: "the program ended before its test did")
        var result = isProven ? .passed : early
        result.cpuSeconds = outcome.cpuSeconds
        results.set(result, at: index)
        return nil
    }

    /// Whether what a failing program said is a sentence of the test's: then the test failed, not the program.
    private func isSaidByTest(_ errors: [UInt8], _ code: String) -> Bool {
        let said = tail(errors)
        if said.contains("Assertion `") || said.contains(Self.assertionMessage) { return true }
        let literals = code.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 && $0.element.count >= 8 }.map(\.element)
        return literals.contains { said.contains($0) }
    }

    /// Compiles, unless it is known already what comes of it.
    private mutating func compile(
        _ unit: CompileUnit,
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> CompileCache.Artefact {
        let key = CompileCache.key(unit, toolChain: toolChain, limits: job.limits)
        if let known = compiled[key] {
            results.compileLimit = known.limit
            return known
        }
        var artefact: CompileCache.Artefact
        switch language.compilation(of: unit, limits: job.limits) {
        case .command(let command): artefact = try compile(unit, by: command, in: &processes)
        case .server(let head): artefact = try compile(unit, sending: head, in: &processes)
        }
        if artefact.refusal == nil {
            language.finish(&artefact, of: unit)
            if unit.purpose != .check, artefact.files.isEmpty { artefact.refusal = "the compiler left no program" }
        }
        results.compileLimit = artefact.limit
        // A compiler stopped by the clock may succeed on a quieter machine.
        if !artefact.isDecidedByClock { compiled[key] = artefact }
        return artefact
    }

    private mutating func compile(
        _ unit: CompileUnit,
        by command: CommandRun,
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> CompileCache.Artefact {
        let outcome = try processes.process(.commands).run(command)
        if outcome.isSlotSpoilt { processes.discard(.commands) }
        results.compileSeconds += outcome.cpuSeconds
        var artefact = CompileCache.Artefact(refusal: nil, files: outcome.files)
        artefact.isDecidedByClock = outcome.reply.flags.contains(.wallLimit)
        guard !outcome.hasSucceeded else { return artefact }
        let said = tail(outcome.errors + outcome.output, limit: 4000)
        let isOrdinary = outcome.reply.flags.isEmpty && outcome.status & 0x7f == 0 && !said.isEmpty
        let fatal = fatalResult(outcome.reply, status: outcome.status, said: said)
        // One of the compiler's own processes was ended at a limit, and its driver only reports it.
        let isEnded = said.contains("signal terminated program")
        artefact.limit = compileLimit(outcome.reply, status: outcome.status) ?? (isEnded ? Self.limit(said) : nil)
        artefact.refusal = !isOrdinary ? "the compiler: " + fatal.diagnostics : isEnded ? "the compiler: " + said : said
        return artefact
    }

    private mutating func compile(
        _ unit: CompileUnit,
        sending head: [UInt8],
        isSecond: Bool = false,
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> CompileCache.Artefact {
        let role = SlotRole.compiler(job.language)
        let reply = try processes.process(role).run(request(head), toleratingDeath: true)
        results.compileSeconds += reply.cpuSeconds
        var artefact = CompileCache.Artefact(refusal: nil, files: [])
        var answer = SlotMessageReader(reply.answer)
        guard reply.flags.isEmpty, let status = answer.number(UInt8.self), let said = answer.byteString(),
            let count = answer.number(UInt32.self)
        else {
            // It was stopped, or it fell over its work; either way it is not used again.
            processes.discard(role)
            artefact.isDecidedByClock = reply.flags.contains(.wallLimit)
            artefact.limit = compileLimit(reply, status: 0)
            let isLimit = !reply.flags.subtracting(.slotDead).isEmpty
            if !isLimit {
                // The first time it may have been ended by something that has nothing to do with the program.
                guard isSecond else { return try compile(unit, sending: head, isSecond: true, in: &processes) }
                try needWorkingCompiler(in: &processes)
            }
            artefact.refusal = "the compiler: " + (isLimit ? fatalResult(reply, status: 0).diagnostics : "it ended")
            return artefact
        }
        if status == 2 {
            processes.discard(role)
            artefact.limit = Self.limit(tail(said))
        }
        if status != 0 { artefact.refusal = status == 2 ? "the compiler: \(tail(said))" : tail(said, limit: 4000) }
        for _ in 0..<count {
            guard let name = answer.byteString(), let bytes = answer.byteString() else {
                throw .slotLost(reason: "its answer is too short")
            }
            artefact.files.append(SlotFile(name: String(decoding: name, as: UTF8.self), bytes: bytes))
        }
        return artefact
    }

    /// A compilation in a warm compiler.
    private func request(_ head: [UInt8]) -> SlotRequest {
        SlotRequest(
            memoryBytes: 1536 << 20,
            processes: 128,
            cpuSeconds: job.limits.compileSeconds,
            wallSeconds: job.limits.compileSeconds * 6 + 10,
            outputBytes: 1 << 20,
            head: head
        )
    }

    /// Compiles a program that is known to be good in a fresh compiler, after two have ended at work on the job's program.
    ///
    /// A compiler that cannot do that either has trouble of its own, which says nothing about the program.
    private func needWorkingCompiler(in processes: inout SlotProcesses) throws(SandboxError) {
        let unit = language.whole(Canary.program(in: job.language), purpose: .whole)
        guard case .server(let head) = language.compilation(of: unit, limits: job.limits) else { return }
        let reply = try processes.process(.compiler(job.language)).run(request(head), toleratingDeath: true)
        var answer = SlotMessageReader(reply.answer)
        guard reply.flags.isEmpty, answer.number(UInt8.self) == 0 else {
            processes.discard(.compiler(job.language))
            throw .slotLost(reason: "its compiler ended, and a fresh one does not compile a good program")
        }
    }

    /// The limit that a compiler says it ran into itself.
    private static func limit(_ said: String) -> Verdict.CompileLimit? {
        if said.contains("OutOfMemory") || said.contains("Killed signal terminated program") { return .memory }
        if said.contains("CPU time limit exceeded") { return .time }
        return said.contains("File size limit exceeded") ? .output : nil
    }

    private mutating func run(
        _ artefact: CompileCache.Artefact,
        _ unit: CompileUnit,
        input: [UInt8],
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> CommandOutcome {
        var command = language.execution(of: unit, files: artefact.files, limits: job.limits)
        command.input = input
        let outcome = try processes.process(.commands).run(command)
        if outcome.isSlotSpoilt { processes.discard(.commands) }
        results.add(cost: outcome.reply, cpuSeconds: outcome.cpuSeconds, peak: outcome.peakMemoryBytes)
        return outcome
    }

    /// How a run ended that did not end as it should; nil for one that did.
    private mutating func failure(_ outcome: CommandOutcome) -> TestResult? {
        guard !outcome.hasSucceeded else { return nil }
        let said = tail(outcome.errors)
        let memory = [
            "java.lang.OutOfMemoryError", "std::bad_alloc", "System.OutOfMemoryException", "runtime: out of memory",
        ]
        if outcome.reply.flags.isEmpty, memory.contains(where: said.contains) {
            return TestResult(outcome: .memoryLimit, diagnostics: said)
        }
        let result = fatalResult(outcome.reply, status: outcome.status, said: said)
        if result.outcome == .timeLimit { results.countFatalRun() }
        return result
    }
}

// Calls: all of them in one run, which is begun again behind the call that ended it.
extension NativeJudge {
    /// - Returns: the compiler's refusal, if any.
    private mutating func runCalls(
        _ indices: [Int],
        of tests: [TestCase],
        in processes: inout SlotProcesses
    ) throws(SandboxError) -> String? {
        let functions = Set(
            indices.compactMap { index -> String? in
                guard case .call(let function, let arguments, _) = tests[index] else { return nil }
                return "\(function)/\(arguments.count)"
            }
        ).sorted()
        let unit: CompileUnit
        do throws(CallRefusal) {
            unit = try language.called(
                job.program,
                functions: functions,
                mark: mark(for: functions.joined(separator: " "))
            )
        } catch {
            // What does not compile is a compile error whether or not it could be called.
            let alone = try compile(language.whole(job.program, purpose: .check), in: &processes)
            if let refusal = alone.refusal { return refusal }
            results.fill(indices, with: TestResult(outcome: .runtimeError, diagnostics: error.reason))
            return nil
        }
        let artefact = try compile(unit, in: &processes)
        if let refusal = artefact.refusal { return refusal }
        var waiting = indices[...]
        while let first = waiting.first, !results.isExhausted, !hasFailed(before: first) {
            let isAlone = waiting.count == 1
            let outcome = try run(artefact, unit, input: Self.request(waiting, of: tests), in: &processes)
            var frames = SlotMessageReader(outcome.output)
            for frame in frames.remainingByteStrings() {
                guard let index = waiting.first, var result = result(of: frame, tests[index], at: index) else { break }
                // Of several calls in one run it is not known which took how long.
                if isAlone { result.cpuSeconds = outcome.cpuSeconds }
                results.set(result, at: index)
                waiting.removeFirst()
            }
            guard let next = waiting.first else { break }
            let early = TestResult(outcome: .runtimeError, diagnostics: "the program ended during the call")
            let found = failure(outcome) ?? early
            results.set(found, at: next)
            waiting.removeFirst()
            if found.outcome != .timeLimit { results.countFatalRun() }
        }
        results.fill(waiting, with: .notRun)
        return nil
    }

    /// Calls as the harness reads them: each a length, the function's name, and the list of arguments.
    private static func request(_ indices: ArraySlice<Int>, of tests: [TestCase]) -> [UInt8] {
        var message = SlotMessage()
        for index in indices {
            guard case .call(let function, let arguments, _) = tests[index] else { continue }
            var writer = PlainDataWriter()
            writer.put(function)
            writer.put(.array(arguments))
            message.put(bytes: writer.bytes)
        }
        return message.bytes
    }

    private func result(of frame: [UInt8], _ test: TestCase, at index: Int) -> TestResult? {
        guard case .call(let function, _, let expected) = test, let tag = frame.first else { return nil }
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
            // What was an assertion is compared as ever.
            let comparison: Comparison =
                if case .assert = job.tests[index] { .tokens } else { job.comparison(at: index) }
            if agrees(value, with: expected, by: comparison) || isTruth(value, expected) { return .passed }
            return TestResult(outcome: .wrongAnswer, diagnostics: "\(function) returned a wrong value")
        case "x": return TestResult(outcome: .runtimeError, diagnostics: said)
        case "m": return TestResult(outcome: .memoryLimit, diagnostics: said)
        case "u": return TestResult(outcome: .wrongAnswer, diagnostics: said)
        default: return nil
        }
    }

    /// A function of C that answers yes or no mostly returns an int.
    private func isTruth(_ value: PlainData, _ expected: JSONValue) -> Bool {
        guard job.language == .c, case .bool(let wanted) = expected, case .integer(let number) = value else {
            return false
        }
        return (number != 0) == wanted
    }
}
