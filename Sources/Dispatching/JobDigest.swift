package import Determinism
package import Programs
import Protocol

/// The name of `job`: a digest of language, program, tests, limits, options and `salt`, and not of its id.
///
/// Equal jobs have equal names, so that a verdict can be shared; a new salt disowns all verdicts given so far.
package func jobDigest(_ job: ExecutionJob, salt: String = "") -> Digest {
    var hasher = DigestHasher()
    // Each piece is preceded by its length, so that no two jobs run together to the same bytes.
    func add(_ text: String) {
        let bytes = Array(text.utf8)
        hasher.update(littleEndian(bytes.count))
        hasher.update(bytes)
    }
    add("ppocoder job 1")
    add(salt)
    add(job.language.rawValue)
    add(job.program)
    add("\(job.tests.count)")
    for test in job.tests {
        switch test {
        case .stdio(let stdin, let stdout): ["stdio", stdin, stdout].forEach(add)
        case .call(let function, let arguments, let expected):
            ["call", function, JSONText.write(.array(arguments)), JSONText.write(expected)].forEach(add)
        case .assert(let code): ["assert", code].forEach(add)
        case .program(let code): ["program", code].forEach(add)
        }
    }
    let limits = job.limits
    add("\(limits.cpuSeconds) \(limits.wallSeconds) \(limits.compileSeconds)")
    add("\(limits.memoryBytes) \(limits.processes) \(limits.outputBytes) \(limits.fileBytes)")
    let options = job.options
    // Jobs without options keep the names they always had.
    if options != JudgingOptions() {
        add("options \(options.stopAtFirstFailure) \(options.coverage) \(options.comparison?.rawValue ?? "")")
        for comparison in options.comparisons { add(comparison?.rawValue ?? "") }
    }
    return hasher.finish()
}

private func littleEndian(_ count: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } }
