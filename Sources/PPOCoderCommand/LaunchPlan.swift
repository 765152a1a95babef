import Foundation
import Learner
import Transport

/// What is copied to which host, and what is started there: made without doing any of it.
struct LaunchPlan: Equatable {
    struct Options {
        /// ssh and its flags.
        var ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=5"]
        /// Folder of our programs on every host.
        var programs: String
        /// Folder for keys, settings and the run on every host.
        var remote: String
        var port = 6000
    }

    /// Keys, and on the learner's host the settings, for one host.
    struct Copy: Equatable {
        var host: String
        var roles: [PeerRole]
        var hasSettings: Bool
    }

    /// One process on one host.
    struct Process: Equatable {
        var host: String
        var role: PeerRole
        var name: String
        /// For the host's shell.
        var command: String
    }

    var copies: [Copy]
    var processes: [Process]
    /// The settings that the learner's host gets.
    var settings: RunConfiguration

    init(hosts: HostFile, settings: RunConfiguration, options: Options) throws {
        guard let learner = hosts.entries.first(where: { $0.role == .learner }) else {
            preconditionFailure("a host file without a learner is refused when it is read")
        }
        // ssh may be told a user; sockets may not.
        let host = learner.host.split(separator: "@").last.map(String.init) ?? learner.host
        let address = learner.address ?? host
        var settings = settings
        settings.cluster.endpoint = "tcp://\(address):\(options.port)"
        settings.cluster.keys = "\(options.remote)/keys"
        settings.cluster.insecure = false
        settings.cluster.rolloutWorkers = 0
        settings.cluster.executors = 0
        settings.run.outputPath = "\(options.remote)/runs"
        try settings.validate()
        self.settings = settings
        // An address with dots or colons is where the others connect; the name of an interface is not.
        let reached = address.contains(".") ? address : host
        copies = Self.copies(hosts)
        let program = { (name: String) in Self.quoted("\(options.programs)/\(name)") }
        let run = Self.quoted("\(options.remote)/runs/\(settings.run.name)")
        processes = [
            Process(
                host: learner.host,
                role: .learner,
                name: "learner",
                // Started again after a lost connection, it goes on where it was.
                command:
                    "if [ -e \(run)/config.yaml ]; then exec \(program("ppocoder")) train --attached --resume \(run); "
                    + "else exec \(program("ppocoder")) train --attached --config "
                    + "\(Self.quoted("\(options.remote)/run.yaml")); fi"
            )
        ]
        for entry in hosts.entries where entry.role != .learner {
            for _ in 0..<entry.count {
                let number = processes.count { $0.role == entry.role } + 1
                let name = "\(entry.role.rawValue)-\(number)"
                let keys = Self.quoted("\(options.remote)/keys/\(entry.role.rawValue)")
                let command =
                    entry.role == .rollout
                    ? "\(program("ppocoder-rollout")) --connect tcp://\(reached):\(options.port)"
                    : "\(program("ppocoder-sandbox")) execute --connect tcp://\(reached):\(options.port + 4) "
                        + "--slots \(entry.slots)"
                processes.append(
                    Process(
                        host: entry.host,
                        role: entry.role,
                        name: name,
                        command: "exec \(command) --keys \(keys) --name \(name)@\(entry.host)"
                    )
                )
            }
        }
    }

    private static func copies(_ hosts: HostFile) -> [Copy] {
        var names: [String] = []
        for entry in hosts.entries where !names.contains(entry.host) { names.append(entry.host) }
        return names.map { host in
            let roles = hosts.entries.filter { $0.host == host }.map(\.role)
            let needed = PeerRole.allCases.filter {
                roles.contains($0) || ($0 == .dispatcher && roles.contains(.learner))
            }
            return Copy(host: host, roles: needed, hasSettings: roles.contains(.learner))
        }
    }

    /// The arguments of the command that starts a process.
    static func start(_ process: Process, _ options: Options) -> [String] {
        options.ssh + [process.host, process.command]
    }

    /// The shell command that unpacks a copy on its host from a tar archive on stdin.
    ///
    /// Hosts may share the folder: only what is in this copy is replaced.
    static func unpack(_ copy: Copy, _ options: Options) -> String {
        let folder = quoted(options.remote)
        let old = copy.roles.map { " \(folder)/keys/\($0.rawValue)" }.joined()
        return "umask 077 && mkdir -p \(folder) && rm -rf\(old) && tar -xf - -C \(folder)"
    }

    /// `text` as one word of a shell.
    static func quoted(_ text: String) -> String {
        let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:@%+=,".contains($0)) }
        return plain && !text.isEmpty ? text : "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
