package import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Transport

/// `ppocoder-sandbox dispatch`: a dispatcher of its own, for a pool of executors that outlives runs or serves several.
package struct DispatchCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dispatch",
        abstract: "Leases programs of any number of runs to any number of executors.",
        discussion: """
            Executors join with `ppocoder-sandbox execute --dispatcher EXECUTORS`, runs with \
            `--set cluster.dispatcher=PROGRAMS`, people with `ppocoder judge --connect PROGRAMS`. It keeps no state on disk: \
            after a restart clients ask again and executors report again. At SIGTERM it says goodbye and ends.
            """
    )

    @Option(help: ArgumentHelp("Where clients connect.", valueName: "endpoint"))
    var programs: String

    @Option(help: ArgumentHelp("Where executors connect.", valueName: "endpoint"))
    var executors: String

    @Option(help: ArgumentHelp("Folder of keys for role dispatcher; TCP needs them.", valueName: "folder"))
    var keys: String = ""

    @Flag(help: "TCP without keys, on the loopback interface.")
    var insecure = false

    @Option(help: "How long a lease lasts without a renewal, seconds.")
    var lease = 10.0

    @Option(help: "Silence after which an executor counts as dead, seconds.")
    var silence = 2.5

    @Option(
        help: ArgumentHelp("Share of a run that is not 1; may be repeated.", valueName: "run id in hexadecimal=share")
    )
    var weight: [String] = []

    @Option(help: ArgumentHelp("Keeps jobs that are given up, for replay.", valueName: "folder"))
    var quarantine = "quarantine"

    @Option(help: "How often to say on stderr what goes on, seconds; 0 is never.")
    var status = 10.0

    @Flag(name: .customLong("no-probes"), help: "Trust executors without trying them.")
    var trustsExecutors = false

    @Flag(help: "Go on when the process that started the dispatcher ends.")
    var detached = false

    package init() {}

    package func validate() throws {
        guard lease > 0, silence > 0, status >= 0 else {
            throw ValidationError("--lease and --silence must be more than 0, --status 0 or more")
        }
        _ = try weights()
    }

    private func weights() throws -> [String: Double] {
        var weights: [String: Double] = [:]
        for text in weight {
            let parts = text.split(separator: "=")
            guard parts.count == 2, parts[0].count == 32, let share = Double(parts[1]), share > 0 else {
                throw ValidationError("--weight is \(text), expected 32 hexadecimal digits, =, and a number above 0")
            }
            weights[parts[0].lowercased()] = share
        }
        return weights
    }

    package func run() async throws {
        let stopping = AsyncStream<Void>.makeStream()
        let lifetime = ProcessLifetime(watchParent: !detached) { reason in
            if reason == .parentGone { _exit(130) }
            stopping.continuation.yield()
            DispatchQueue.global().asyncAfter(deadline: .now() + 2) { _exit(130) }
        }
        defer { withExtendedLifetime(lifetime) {} }
        if let complaint = descriptorComplaint(needed: 256) {
            report("dispatcher: \(complaint)")
            _exit(2)
        }
        do {
            var options = DispatcherOptions()
            options.leaseSeconds = lease
            options.silenceSeconds = silence
            options.runWeights = try weights()
            if !trustsExecutors { options.probes = DispatcherOptions.knownPrograms }
            let say: @Sendable (String) -> Void = { report("dispatcher: \($0)") }
            let security = try TransportSecurity(keys: keys, insecure: insecure, roles: [.dispatcher], report: say)
            let reloading = security.keyRing.map { ring in HangupSignal { ring.reload() } }
            defer { withExtendedLifetime(reloading) {} }
            let transport = try ZeroMQTransport(security: security, report: say)
            defer { withExtendedLifetime(transport) {} }
            let folder = QuarantineFolder(URL(filePath: quarantine))
            let dispatcher = ExecutionDispatcher(
                clients: try await transport.server(binding: programs, options: .execution),
                executors: try await transport.server(binding: executors, options: .executors),
                options: options,
                onNote: { report("dispatcher: \($0)") },
                onQuarantine: { report("dispatcher: \(folder.keep($0, reason: $1))") }
            )
            report("dispatcher: programs at \(programs), executors at \(executors)")
            let work = Task { try await dispatcher.run() }
            let stop = Task {
                for await _ in stopping.stream { work.cancel() }
            }
            defer { stop.cancel() }
            let talk = Task { [status] in
                while status > 0, (try? await Task.sleep(for: .seconds(status))) != nil { await Self.tell(dispatcher) }
            }
            defer { talk.cancel() }
            try await work.value
            await Self.tell(dispatcher)
        } catch {
            report("dispatcher: \(error)")
            _exit(error is TransportError || error is KeyError ? 2 : 1)
        }
        _exit(0)
    }

    private static func tell(_ dispatcher: ExecutionDispatcher) async {
        let now = await dispatcher.snapshot()
        report(
            "dispatcher: \(now.executors) executors (\(now.untrusted) not trusted), \(now.slots) slots, \(now.clients) clients; "
                + "issued \(now.submitted) = accepted \(now.completed) + expired \(now.dropped) + quarantined "
                + "\(now.quarantined) + outstanding \(now.queued + now.running)"
                + (now.isBalanced ? "" : "  UNBALANCED")
        )
        for sentence in await dispatcher.delays(longerThan: 30) { report("dispatcher: \(sentence)") }
    }
}
