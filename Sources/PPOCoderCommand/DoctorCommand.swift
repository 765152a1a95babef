import ArgumentParser
import Foundation
import Learner
import Telemetry

/// `ppocoder doctor`: whether this machine can do what the other commands need.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks this machine: processor, libraries, grammars, tool chains, sandbox walls, sockets, disk.",
        discussion:
            "Each line is ok, warn (works, with less) or fail (something needed is missing). Exit code 1 after a fail."
    )

    @Flag(help: "Print the checks as one JSON object on stdout.")
    var json = false

    private struct Report: Encodable {
        var ok: Bool
        var checks: [DoctorCheck]
    }

    func run() async throws {
        var checks = DoctorMachine.checks()
        checks += DoctorMachine.libraries()
        checks += await DoctorSandbox.checks()
        checks += await DoctorMachine.sockets()
        let failures = checks.count { $0.state == .fail }
        for check in checks { writeLine(check) }
        let warnings = checks.count { $0.state == .warn }
        writeNotice("doctor: \(checks.count) checks, \(warnings) warnings, \(failures) failures")
        if json { try printJSON(Report(ok: failures == 0, checks: checks)) }
        if failures > 0 { throw ExitCode(1) }
    }

    private func writeLine(_ check: DoctorCheck) {
        let state = check.state.rawValue.padding(toLength: 5, withPad: " ", startingAt: 0)
        let name = check.name.padding(toLength: 18, withPad: " ", startingAt: 0)
        writeNotice("\(state) \(name) \(check.found)")
        if let advice = check.advice { writeNotice("      \(advice)") }
    }
}

/// One thing that was looked at.
struct DoctorCheck: Encodable, Sendable {
    enum State: String, Encodable, Sendable {
        case ok, warn, fail
    }

    var name: String
    var state: State
    var found: String
    /// What to do, unless all is well.
    var advice: String?

    static func ok(_ name: String, _ found: String) -> DoctorCheck { DoctorCheck(name: name, state: .ok, found: found) }

    static func warn(_ name: String, _ found: String, advice: String) -> DoctorCheck {
        DoctorCheck(name: name, state: .warn, found: found, advice: advice)
    }

    static func fail(_ name: String, _ found: String, advice: String) -> DoctorCheck {
        DoctorCheck(name: name, state: .fail, found: found, advice: advice)
    }
}
