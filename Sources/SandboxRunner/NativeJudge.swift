import Determinism
import Programs

/// Judges programs of compiled languages in a slot that executes commands.
struct NativeJudge {
    let slot: SlotProcess
    let job: ExecutionJob
    let toolChain: ToolChain
    let compiled: CompileCache
    /// Known to this pool only; nonces are derived from it, so that identical programs compile identically.
    let poolSecret: String
    private(set) var isSlotSpoilt = false
    private var results: TestResults

    init(slot: SlotProcess, job: ExecutionJob, toolChain: ToolChain, compiled: CompileCache, poolSecret: String) {
        self.slot = slot
        self.job = job
        self.toolChain = toolChain
        self.compiled = compiled
        self.poolSecret = poolSecret
        results = TestResults(count: job.tests.count)
    }

    /// Compiles and runs all tests.
    ///
    /// Only trouble of our own is an error.
    mutating func verdict() throws(SandboxError) -> Verdict {
        if SourceScan.isEmpty(job.program, language: job.language) { return results.compileError("empty program") }
        if job.tests.isEmpty {
            let artefact = try compile(toolChain.unit(program: job.program), onlyCheck: true)
            if let refusal = artefact.refusal { return results.compileError(refusal) }
        }
        for (index, test) in job.tests.enumerated() {
            if job.options.stopAtFirstFailure, results.firstFailure != nil { break }
            guard !results.isExhausted else {
                results.fill(
                    [index],
                    with: TestResult(outcome: .timeLimit, diagnostics: "not run after repeated failures")
                )
                continue
            }
            switch test {
            case .stdio(let stdin, let expected):
                let unit = toolChain.unit(program: job.program)
                let artefact = try compile(unit, onlyCheck: false)
                if let refusal = artefact.refusal { return results.compileError(refusal) }
                let comparison = job.comparison(at: index)
                let result = try run(artefact, unit, input: Array(stdin.utf8)) { output in
                    agrees(output, with: expected, by: comparison)
                        ? .passed : TestResult(outcome: .wrongAnswer, diagnostics: "the output differs")
                }
                results.set(result, at: index)
            case .program(let code):
                if let refusal = try runAppended(code, at: index) { return results.compileError(refusal) }
            case .assert:
                throw .testUnusable(
                    index: index,
                    reason: "an assertion is Python; this program is \(job.language.rawValue)"
                )
            case .call:
                throw .testUnusable(index: index, reason: "calls are judged for Python programs only")
            }
        }
        return results.verdict()
    }

    /// - Returns: the compiler's refusal, if any.
    private mutating func runAppended(_ code: String, at index: Int) throws(SandboxError) -> String? {
        let nonce = Digest(of: poolSecret + "\u{0}" + job.program + "\u{0}" + code).hex
        guard let unit = toolChain.unit(program: job.program, test: code, nonce: nonce) else {
            throw .testUnusable(index: index, reason: "neither it nor the program has a main")
        }
        let artefact = try compile(unit, onlyCheck: false)
        if let refusal = artefact.refusal { return refusal }
        let result = try run(artefact, unit, input: []) { output in
            let words = output.split(whereSeparator: { $0 == 10 || $0 == 13 })
            if words.last.map({ $0.elementsEqual(nonce.utf8) }) == true { return .passed }
            return TestResult(outcome: .runtimeError, diagnostics: "the program ended before its test did")
        }
        results.set(result, at: index)
        return nil
    }

    private mutating func compile(_ unit: ToolChain.Unit, onlyCheck: Bool) throws(SandboxError) -> CompileCache.Artefact
    {
        let key = CompileCache.key(unit, toolChain: toolChain, limits: job.limits, onlyCheck: onlyCheck)
        if let known = compiled[key] {
            results.compileLimit = known.limit
            return known
        }
        let outcome = try slot.run(toolChain.compilation(of: unit, limits: job.limits, onlyCheck: onlyCheck))
        if outcome.isSlotSpoilt { isSlotSpoilt = true }
        results.compileSeconds += outcome.cpuSeconds
        var artefact = CompileCache.Artefact(refusal: nil, files: outcome.files)
        if !outcome.hasSucceeded {
            artefact.limit = compileLimit(outcome.reply, status: outcome.status)
            results.compileLimit = artefact.limit
            let said = tail(outcome.errors + outcome.output, limit: 4000)
            let fatal = fatalResult(outcome.reply, status: outcome.status)
            artefact.refusal =
                outcome.reply.flags.isEmpty && !said.isEmpty ? said : "the compiler: " + fatal.diagnostics
        } else if !onlyCheck, outcome.files.isEmpty {
            artefact.refusal = "the compiler left no program"
        }
        if toolChain.language != .java {
            artefact.files = outcome.files.filter { $0.name == "program.out" }.map {
                SlotFile(name: $0.name, bytes: $0.bytes, isExecutable: true)
            }
        }
        // A compiler stopped by the clock may succeed on a quieter machine.
        if !outcome.reply.flags.contains(.wallLimit) { compiled[key] = artefact }
        return artefact
    }

    private mutating func run(
        _ artefact: CompileCache.Artefact,
        _ unit: ToolChain.Unit,
        input: [UInt8],
        judging: ([UInt8]) -> TestResult
    ) throws(SandboxError) -> TestResult {
        let outcome = try slot.run(
            toolChain.execution(of: artefact.files, main: unit.main, input: input, limits: job.limits)
        )
        if outcome.isSlotSpoilt { isSlotSpoilt = true }
        results.add(cost: outcome.reply, cpuSeconds: outcome.cpuSeconds, peak: outcome.peakMemoryBytes)
        if outcome.hasSucceeded {
            var result = judging(outcome.output)
            result.cpuSeconds = outcome.cpuSeconds
            return result
        }
        let said = tail(outcome.errors)
        if outcome.reply.flags.isEmpty, said.contains("java.lang.OutOfMemoryError") || said.contains("std::bad_alloc") {
            return TestResult(outcome: .memoryLimit, diagnostics: said)
        }
        let result = fatalResult(outcome.reply, status: outcome.status, said: said)
        if result.outcome == .timeLimit { results.countFatalRun() }
        return result
    }
}
