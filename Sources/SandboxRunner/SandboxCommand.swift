package import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Programs
internal import Transport

/// `ppocoder-sandbox`: runs programs for a dispatcher.
package struct SandboxCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ppocoder-sandbox",
        abstract: "Compiles and runs untrusted programs in a sandbox.",
        subcommands: [ExecuteCommand.self]
    )

    package init() {}
}

/// `ppocoder-sandbox execute`: one executor process.
package struct ExecuteCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Takes programs from a dispatcher and judges them until told to stop."
    )

    @Option(help: ArgumentHelp("The dispatcher's endpoint for executors.", valueName: "endpoint"))
    var dispatcher: String

    @Option(help: "Programs judged at once; 0 is one per core.")
    var slots = 0

    @Option(help: "Name shown to people; the process id if none is given.")
    var name: String = ""

    @Flag(help: "Run programs even where the walls are below the minimum of docs/sandbox.md.")
    var acceptWeakWalls = false

    @Flag(help: "Go on when the process that started the executor ends.")
    var detached = false

    package init() {}

    package func run() async throws {
        let stopping = AsyncStream<Void>.makeStream()
        let lifetime = ProcessLifetime(watchParent: !detached) { reason in
            // A slot dies with this process, so an abrupt end leaves nothing behind either.
            if reason == .parentGone { _exit(130) }
            stopping.continuation.yield()
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(3)) { _exit(130) }
        }
        defer { withExtendedLifetime(lifetime) {} }
        do {
            var configuration = SandboxConfiguration()
            if slots > 0 { configuration.slots = slots }
            configuration.acceptsWeakWalls = acceptWeakWalls
            let pool = try await SandboxPool(configuration: configuration)
            let toolChains = await pool.toolChains
            let transport = try ZeroMQTransport()
            // Its channels live as long as it does.
            defer { withExtendedLifetime(transport) {} }
            let channel = try await transport.client(connecting: dispatcher, options: .execution)
            var options = ExecutorOptions()
            options.name = name.isEmpty ? "executor-\(getpid())" : name
            options.drainSeconds = 2
            let versions = Dictionary(uniqueKeysWithValues: toolChains.map { ($0.key.rawValue, $0.value) })
            let work = Task { [options, configuration] in
                try await runExecutor(
                    channel: channel,
                    slots: configuration.slots,
                    toolChains: versions,
                    options: options
                ) { await pool.judge($0) }
            }
            let stop = Task {
                for await _ in stopping.stream { work.cancel() }
            }
            defer { stop.cancel() }
            let outcome = await work.result
            await pool.shutdown()
            if case .failure(let error) = outcome, !(error is CancellationError) { throw error }
        } catch {
            report("executor: \(error)")
            _exit(1)
        }
        _exit(0)
    }
}

private func report(_ text: String) {
    // People's output: when nobody can read it any more, work goes on.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}

/// The entry point of the executable.
package func runSandboxCommand() async { await SandboxCommand.main() }
