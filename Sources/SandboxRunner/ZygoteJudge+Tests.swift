import Programs

extension ZygoteJudge {
    /// Makes the calls of tests that have been taken apart, and judges their assertions.
    ///
    /// - Returns: the compiler's refusal, if any, and the tests that take Python itself to be judged.
    mutating func runPlans(
        _ planned: [(index: Int, plan: TestPlan)]
    ) throws(SandboxError) -> (refusal: String?, undecided: [Int]) {
        var waiting = planned[...]
        var undecided: [Int] = []
        while let last = waiting.last, !results.isExhausted {
            let (reply, frames) = try run(.plan, body: body(of: waiting))
            switch loading(frames, reply) {
            case .refused(let reason): return (reason, [])
            case .failed(let result):
                results.fill(planned.map(\.index), with: result)
                return (nil, [])
            case .loaded: break
            }
            var answers = answers(frames)[...]
            var hasDied = false
            while let (index, plan) = waiting.first, !hasDied {
                let own = answers.prefix(plan.calls.count)
                answers = answers.dropFirst(plan.calls.count)
                hasDied = own.count < plan.calls.count
                waiting.removeFirst()
                do throws(EvaluationStop) {
                    var result = try TestEvaluation(answers: own.map(\.answer)).result(of: plan)
                    result.cpuSeconds = own.reduce(0) { $0 + $1.cpuSeconds }
                    results.set(result, at: index)
                } catch {
                    if case .unanswered = error {
                        results.set(fatal(reply, said: reply.output), at: index)
                    } else {
                        undecided.append(index)
                    }
                }
            }
            if hasDied {
                results.countFatalRun()
            } else if reply.flags.contains(.killedForMemory) {
                // The program outlived it, but its children did not.
                results.set(fatal(reply), at: last.index)
            }
            if job.options.stopAtFirstFailure { waiting = waiting.filter { !wanted([$0.index]).isEmpty }[...] }
        }
        results.fill(waiting.map(\.index), with: .notRun)
        return (nil, undecided)
    }

    private func body(of planned: ArraySlice<(index: Int, plan: TestPlan)>) -> [UInt8] {
        body { writer in
            writer.list(count: planned.reduce(0) { $0 + $1.plan.calls.count })
            for call in planned.lazy.flatMap(\.plan.calls) {
                writer.tuple(count: 2)
                writer.put(call.function)
                writer.list(count: call.arguments.count)
                for argument in call.arguments { writer.put(argument) }
            }
        }
    }

    /// What became of the calls, in their order, as far as the program's process got.
    private func answers(_ frames: [[UInt8]]) -> [(answer: CallAnswer, cpuSeconds: Double)] {
        var answers: [(answer: CallAnswer, cpuSeconds: Double)] = []
        for frame in frames.drop(while: { $0.first != UInt8(ascii: "l") }).dropFirst() {
            guard let tag = frame.first, let (seconds, content) = timed(frame, isAlone: false) else { break }
            switch Character(UnicodeScalar(tag)) {
            case "r":
                var reader = PlainDataReader(frame, from: content.startIndex)
                let value = reader.whole()
                answers.append((value.map { $0.isExact ? .value($0) : .undecidable } ?? .undecidable, seconds))
            case "x":
                answers.append((.failure(TestResult(outcome: .runtimeError, diagnostics: tail(content))), seconds))
            case "m":
                answers.append((.failure(TestResult(outcome: .memoryLimit, diagnostics: tail(content))), seconds))
            case "u": answers.append((.undecidable, seconds))
            default: return answers
            }
        }
        return answers
    }

    mutating func runTests(_ indices: [Int]) throws(SandboxError) -> String? {
        var waiting = indices[...]
        while !waiting.isEmpty, !results.isExhausted {
            let asked = waiting
            let nonce = (0..<16).map { _ in UInt8.random(in: 0...255) }
            var secret = PlainDataWriter()
            secret.tuple(count: interpreter.stopsByItself ? 3 : 2)
            secret.put(bytes: nonce)
            if interpreter.stopsByItself { secret.put(JSONValue.bool(job.options.stopAtFirstFailure)) }
            secret.list(count: asked.count)
            for index in asked { put(job.tests[index], into: &secret) }
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
                guard let index = waiting.first,
                    let result = try testResult(of: Array(frame.dropFirst(20)), at: index, isAlone: asked.count == 1)
                else { break }
                results.set(result, at: index)
                waiting.removeFirst()
            }
            if wanted(Array(waiting)).isEmpty, !waiting.isEmpty { return nil }
            end(reply, of: asked, unanswered: &waiting)
        }
        results.fill(waiting, with: .notRun)
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

    private func testResult(
        of frame: [UInt8],
        at index: Int,
        isAlone: Bool
    ) throws(SandboxError) -> TestResult? {
        guard let tag = frame.first, let (cpuSeconds, content) = timed(frame, isAlone: isAlone) else { return nil }
        var result = TestResult(outcome: .accepted, diagnostics: tail(content), cpuSeconds: cpuSeconds)
        switch Character(UnicodeScalar(tag)) {
        case "p": result.diagnostics = ""
        case "f": result.outcome = .wrongAnswer
        case "x": result.outcome = .runtimeError
        case "m": result.outcome = .memoryLimit
        case "t": throw .testUnusable(index: index, reason: result.diagnostics)
        default: return nil
        }
        return result
    }

    mutating func runStdio(_ indices: [Int]) throws(SandboxError) -> String? {
        for index in indices {
            guard case .stdio(let stdin, let expected) = job.tests[index], !wanted([index]).isEmpty else { continue }
            guard !results.isExhausted else {
                results.fill([index], with: .notRun)
                continue
            }
            let comparison = job.comparison(at: index)
            let input = body { $0.put(bytes: Array(stdin.utf8)) }
            let (reply, frames) = try run(.stdio, body: input, mayReturn: comparison == .apps)
            if let refusal = frames.first, refusal.first == UInt8(ascii: "E") { return tail(refusal.dropFirst()) }
            let trouble = frames.last { $0.first == UInt8(ascii: "X") || $0.first == UInt8(ascii: "M") }
            var result = TestResult.passed
            if !reply.flags.isEmpty || (status != 0 && trouble == nil) {
                result = fatal(reply, said: reply.errors)
                if result.outcome == .timeLimit { results.countFatalRun() }
            } else if let trouble {
                let memory = trouble.first == UInt8(ascii: "M")
                let said = tail(trouble.dropFirst())
                result = TestResult(outcome: memory ? .memoryLimit : .runtimeError, diagnostics: said)
            } else if !agrees(reply.output, with: expected, by: comparison) {
                result = TestResult(outcome: .wrongAnswer, diagnostics: "the output differs")
            }
            result.cpuSeconds = cpuSeconds
            results.set(result, at: index)
        }
        return nil
    }
}
