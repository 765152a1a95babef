import Foundation
package import Programs

extension WireVerdict {
    /// The message of `verdict`; long diagnostics are cut to `ProtocolLimits.diagnosticsBytes`.
    package init(_ verdict: Verdict) {
        self.init()
        outcome = verdict.outcome.rawValue
        testsPassed = UInt32(clamping: verdict.testsPassed)
        testsTotal = UInt32(clamping: verdict.testsTotal)
        compileSeconds = verdict.compileSeconds
        cpuSeconds = verdict.cpuSeconds
        wallSeconds = verdict.wallSeconds
        peakMemoryBytes = UInt64(clamping: verdict.peakMemoryBytes)
        diagnostics = verdict.diagnostics.cut(toUTF8Bytes: ProtocolLimits.diagnosticsBytes)
        tests = verdict.tests.map { report in
            var message = WireTestReport()
            message.outcome = report.outcome?.rawValue ?? ""
            message.cpuSeconds = report.cpuSeconds
            return message
        }
        signal = UInt32(clamping: verdict.signal ?? 0)
        errorLine = UInt32(clamping: verdict.errorLine ?? 0)
        compileLimit = verdict.compileLimit?.rawValue ?? ""
        executedLines = (verdict.executedLines ?? []).prefix(ProtocolLimits.executedLines).map { UInt32(clamping: $0) }
        hasCoverage_p = verdict.executedLines != nil
        walls = verdict.walls.prefix(ProtocolLimits.maximumMapEntries).map { wall in
            wall.cut(toUTF8Bytes: ProtocolLimits.nameBytes)
        }
    }

    /// The verdict.
    ///
    /// Errors are reported under `field`.
    package func verdict(_ field: String = "verdict") throws(ProtocolError) -> Verdict {
        let outcome = try named(outcome, "\(field).outcome")
        try Check.range(Int(testsTotal), 0...ProtocolLimits.maximumTests, "\(field).tests_total")
        try Check.range(Int(testsPassed), 0...Int(testsTotal), "\(field).tests_passed")
        try Check.amount(compileSeconds, "\(field).compile_seconds")
        try Check.amount(cpuSeconds, "\(field).cpu_seconds")
        try Check.amount(wallSeconds, "\(field).wall_seconds")
        try Check.text(diagnostics, ProtocolLimits.diagnosticsBytes, "\(field).diagnostics")
        var verdict = Verdict(
            outcome: outcome,
            testsPassed: Int(testsPassed),
            testsTotal: Int(testsTotal),
            compileSeconds: compileSeconds,
            cpuSeconds: cpuSeconds,
            wallSeconds: wallSeconds,
            peakMemoryBytes: try Check.integer(peakMemoryBytes, 0...Int.max, "\(field).peak_memory_bytes"),
            diagnostics: diagnostics
        )
        verdict.tests = try reports("\(field).tests")
        verdict.signal = signal == 0 ? nil : try Check.integer(UInt64(signal), 1...255, "\(field).signal")
        verdict.errorLine = errorLine == 0 ? nil : Int(errorLine)
        verdict.compileLimit = try limit("\(field).compile_limit")
        try Check.atMost(executedLines.count, ProtocolLimits.executedLines, "\(field).executed_lines")
        if hasCoverage_p { verdict.executedLines = executedLines.map { Int($0) } }
        try Check.atMost(walls.count, ProtocolLimits.maximumMapEntries, "\(field).walls")
        for (index, wall) in walls.enumerated() {
            try Check.text(wall, ProtocolLimits.nameBytes, "\(field).walls[\(index)]")
        }
        verdict.walls = walls
        return verdict
    }

    private func reports(_ field: String) throws(ProtocolError) -> [Verdict.TestReport] {
        try Check.atMost(tests.count, ProtocolLimits.maximumTests, field)
        var reports: [Verdict.TestReport] = []
        reports.reserveCapacity(tests.count)
        for (index, test) in tests.enumerated() {
            try Check.amount(test.cpuSeconds, "\(field)[\(index)].cpu_seconds")
            let outcome = test.outcome.isEmpty ? nil : try named(test.outcome, "\(field)[\(index)].outcome")
            reports.append(Verdict.TestReport(outcome: outcome, cpuSeconds: test.cpuSeconds))
        }
        return reports
    }

    private func limit(_ field: String) throws(ProtocolError) -> Verdict.CompileLimit? {
        if compileLimit.isEmpty { return nil }
        guard let limit = Verdict.CompileLimit(rawValue: compileLimit) else {
            let known = Verdict.CompileLimit.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidField(field: field, expected: "one of \(known)", found: "'\(compileLimit.prefix(40))'")
        }
        return limit
    }
}

private func named(_ name: String, _ field: String) throws(ProtocolError) -> Verdict.Outcome {
    guard let outcome = Verdict.Outcome(rawValue: name) else {
        let known = Verdict.Outcome.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidField(field: field, expected: "one of \(known)", found: "'\(name.prefix(40))'")
    }
    return outcome
}
