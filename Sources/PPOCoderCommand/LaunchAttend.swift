import ArgumentParser
import Foundation
import Telemetry
import Transport

/// `ppocoder launch attend`: what `launch ssh` starts on every host, and what starts the process there.
///
/// sshd does not tell a command that the other end is gone: when a host is cut off it may take hours until the kernel gives
/// the connection up, and a second learner would meanwhile find the first one's ports taken. So `launch` says something every
/// second, and here the process is stopped when nothing more comes.
struct LaunchAttend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attend",
        abstract: "Runs a command as long as something comes on stdin.",
        shouldDisplay: false
    )

    /// How often `launch` says something, seconds.
    static let beatSeconds = 1.0

    @Option(help: "Silence after which the connection counts as lost, seconds.")
    var silence = 10.0

    @Argument(parsing: .postTerminator, help: "The command, with its path.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty, silence >= 1 else {
            throw ValidationError("expected --silence 1 or more, and a command")
        }
    }

    func run() async throws {
        let keeper = ProcessKeeper()
        let lifetime = ProcessLifetime(watchParent: true) { _ in keeper.stopAllAndExit() }
        defer { withExtendedLifetime(lifetime) {} }
        let milliseconds = Int32(silence * 1000)
        Thread.detachNewThread {
            Self.listen(milliseconds)
            keeper.stopAllAndExit()
        }
        let command = ProcessKeeper.Command(
            executable: URL(filePath: command[0]),
            arguments: Array(command.dropFirst())
        )
        _exit(try await keeper.run(command))
    }

    /// Returns when nothing more comes.
    private static func listen(_ milliseconds: Int32) {
        var bytes = [UInt8](repeating: 0, count: 256)
        while true {
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&waiting, 1, milliseconds)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else {
                return writeNotice("attend: nothing was heard for \(milliseconds / 1000) s: the connection is lost")
            }
            let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count == 0 || count < 0 && errno != EINTR { return }
        }
    }
}
