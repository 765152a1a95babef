import Foundation
package import Programs

extension WireExecutionLimits {
    /// The message of `limits`.
    package init(_ limits: ExecutionLimits) {
        self.init()
        cpuSeconds = limits.cpuSeconds
        wallSeconds = limits.wallSeconds
        memoryBytes = UInt64(clamping: limits.memoryBytes)
        processes = UInt32(clamping: limits.processes)
        outputBytes = UInt64(clamping: limits.outputBytes)
        fileBytes = UInt64(clamping: limits.fileBytes)
        compileSeconds = limits.compileSeconds
    }

    /// The limits, every one in its range.
    ///
    /// Errors are reported under `field`.
    package func limits(_ field: String) throws(ProtocolError) -> ExecutionLimits {
        var limits = ExecutionLimits()
        try Check.range(cpuSeconds, ProtocolLimits.limitSeconds, "\(field).cpu_seconds")
        try Check.range(wallSeconds, ProtocolLimits.limitSeconds, "\(field).wall_seconds")
        try Check.range(compileSeconds, ProtocolLimits.limitSeconds, "\(field).compile_seconds")
        limits.cpuSeconds = cpuSeconds
        limits.wallSeconds = wallSeconds
        limits.compileSeconds = compileSeconds
        limits.memoryBytes = try Check.integer(memoryBytes, ProtocolLimits.limitBytes, "\(field).memory_bytes")
        limits.outputBytes = try Check.integer(outputBytes, ProtocolLimits.limitBytes, "\(field).output_bytes")
        limits.fileBytes = try Check.integer(fileBytes, ProtocolLimits.limitBytes, "\(field).file_bytes")
        limits.processes = try Check.integer(
            UInt64(processes),
            ProtocolLimits.limitProcesses,
            "\(field).processes"
        )
        return limits
    }
}

extension WireTestCase {
    /// The message of `test`.
    package init(_ test: TestCase) {
        self.init()
        switch test {
        case .stdio(let stdin, let stdout):
            var message = Stdio()
            message.stdin = stdin
            message.stdout = stdout
            kind = .stdio(message)
        case .call(let function, let arguments, let expected):
            var message = Call()
            message.function = function
            message.argumentsJson = JSONText.write(.array(arguments))
            message.expectedJson = JSONText.write(expected)
            kind = .call(message)
        case .assert(let code): kind = .assertCode(code)
        case .program(let code): kind = .programCode(code)
        }
    }

    /// The test.
    ///
    /// Errors are reported under `field`.
    package func testCase(_ field: String) throws(ProtocolError) -> TestCase {
        let limit = ProtocolLimits.testBytes
        switch kind {
        case .stdio(let message):
            try Check.text(message.stdin, limit, "\(field).stdin")
            try Check.text(message.stdout, limit, "\(field).stdout")
            return .stdio(stdin: message.stdin, stdout: message.stdout)
        case .call(let message):
            try Check.text(message.function, ProtocolLimits.nameBytes, "\(field).function")
            try Check.text(message.argumentsJson, limit, "\(field).arguments_json")
            try Check.text(message.expectedJson, limit, "\(field).expected_json")
            let arguments = try JSONText.read(message.argumentsJson, field: "\(field).arguments_json")
            guard case .array(let values) = arguments else {
                throw .invalidField(
                    field: "\(field).arguments_json",
                    expected: "a JSON array",
                    found: String(message.argumentsJson.prefix(40))
                )
            }
            let expected = try JSONText.read(message.expectedJson, field: "\(field).expected_json")
            return .call(function: message.function, arguments: values, expected: expected)
        case .assertCode(let code):
            try Check.text(code, limit, "\(field).assert_code")
            return .assert(code: code)
        case .programCode(let code):
            try Check.text(code, limit, "\(field).program_code")
            return .program(code: code)
        case nil:
            throw .invalidField(
                field: "\(field).kind",
                expected: "stdio, call, assert_code or program_code",
                found: "none"
            )
        }
    }
}

private func language(_ name: String, _ field: String) throws(ProtocolError) -> Language {
    guard let language = Language(rawValue: name) else {
        let known = Language.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidField(field: field, expected: "one of \(known)", found: "'\(name.prefix(40))'")
    }
    return language
}

private func testCases(_ tests: [WireTestCase], _ field: String) throws(ProtocolError) -> [TestCase] {
    try Check.atMost(tests.count, ProtocolLimits.maximumTests, field)
    var result: [TestCase] = []
    result.reserveCapacity(tests.count)
    for (i, test) in tests.enumerated() { result.append(try test.testCase("\(field)[\(i)]")) }
    return result
}

extension WireExecutionRequest {
    /// The message that asks for `job`.
    ///
    /// - Parameters:
    ///   - job: The job; its id stays with the client.
    ///   - digest: 32 bytes that name language, program, tests, limits and salt.
    ///   - priority: Higher goes first.
    package init(job: ExecutionJob, digest: [UInt8], priority: Int) {
        self.init()
        jobDigest = Data(digest)
        language = job.language.rawValue
        program = job.program
        tests = job.tests.map { WireTestCase($0) }
        for (index, comparison) in job.options.comparisons.enumerated() where tests.indices.contains(index) {
            tests[index].compare = comparison?.rawValue ?? ""
        }
        limits = WireExecutionLimits(job.limits)
        stopAtFirstFailure = job.options.stopAtFirstFailure
        coverage = job.options.coverage
        compare = job.options.comparison?.rawValue ?? ""
        self.priority = UInt32(clamping: priority)
    }

    /// The job; its id is the digest in hexadecimal.
    ///
    /// Errors are reported under `field`.
    package func job(_ field: String = "execution_request") throws(ProtocolError) -> ExecutionJob {
        let language = try Protocol.language(language, "\(field).language")
        try Check.text(program, ProtocolLimits.programBytes, "\(field).program")
        return ExecutionJob(
            id: jobDigest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
            language: language,
            program: program,
            tests: try testCases(tests, "\(field).tests"),
            limits: try limits.limits("\(field).limits"),
            options: try options(field)
        )
    }

    private func options(_ field: String) throws(ProtocolError) -> JudgingOptions {
        var options = JudgingOptions()
        options.stopAtFirstFailure = stopAtFirstFailure
        options.coverage = coverage
        options.comparison = try comparison(compare, "\(field).compare")
        guard tests.contains(where: { !$0.compare.isEmpty }) else { return options }
        for (index, test) in tests.enumerated() {
            options.comparisons.append(try comparison(test.compare, "\(field).tests[\(index)].compare"))
        }
        return options
    }
}

private func comparison(_ name: String, _ field: String) throws(ProtocolError) -> Comparison? {
    if name.isEmpty { return nil }
    guard let comparison = Comparison(rawValue: name) else {
        let known = Comparison.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidField(field: field, expected: "one of \(known)", found: "'\(name.prefix(40))'")
    }
    return comparison
}

extension WireProblem {
    /// The message of `problem`.
    package init(_ problem: Problem) {
        self.init()
        id = problem.id
        prompt = problem.prompt
        language = problem.language.rawValue
        tests = problem.tests.map { WireTestCase($0) }
        for index in tests.indices { tests[index].compare = problem.comparison?.rawValue ?? "" }
        reference = problem.reference
        limits = WireExecutionLimits(problem.limits)
        preamble = problem.preamble
    }

    /// The problem.
    ///
    /// Errors are reported under `field`.
    package func problem(_ field: String = "problem") throws(ProtocolError) -> Problem {
        try Check.text(id, ProtocolLimits.nameBytes, "\(field).id")
        try Check.text(prompt, ProtocolLimits.promptBytes, "\(field).prompt")
        try Check.text(reference, ProtocolLimits.programBytes, "\(field).reference")
        try Check.text(preamble, ProtocolLimits.programBytes, "\(field).preamble")
        return Problem(
            id: id,
            prompt: prompt,
            language: try Protocol.language(language, "\(field).language"),
            tests: try testCases(tests, "\(field).tests"),
            reference: reference,
            limits: try limits.limits("\(field).limits"),
            preamble: preamble,
            comparison: try comparison(tests.first?.compare ?? "", "\(field).tests[0].compare")
        )
    }
}

extension String {
    /// The longest prefix of whole characters that fits into `limit` UTF-8 bytes.
    package func cut(toUTF8Bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
