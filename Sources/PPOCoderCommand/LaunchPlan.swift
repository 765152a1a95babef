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
    /// Who sends weights to whom, a row per sender; empty: the learner to every worker.
    var weights: [String]
    /// The settings that the learner's host gets.
    var settings: RunConfiguration

    /// The hosts of rollout workers, each once, as they are in the file.
    private struct Relays {
        var hosts: [HostFile.Entry] = []
        var tree: WeightTree

        init(_ hosts: HostFile, fanout: Int) {
            tree = WeightTree(fanout: fanout)
            guard fanout > 0 else { return }
            for entry in hosts.entries where entry.role == .rollout {
                guard let known = self.hosts.firstIndex(where: { $0.host == entry.host }) else {
                    self.hosts.append(entry)
                    continue
                }
                self.hosts[known].address = self.hosts[known].address ?? entry.address
            }
        }

        /// Where the workers of a host have weights from; nil: where the learner says.
        func socket(of host: String, port: Int) -> String? {
            hosts.firstIndex { $0.host == host }.map { "ipc:///tmp/ppocoder-relay-\(port)-\($0 + 1)" }
        }
    }

    init(hosts: HostFile, settings: RunConfiguration, options: Options) throws {
        guard let learner = hosts.entries.first(where: { $0.role == .learner }) else {
            preconditionFailure("a host file without a learner is refused when it is read")
        }
        var settings = settings
        settings.cluster.endpoint = "tcp://\(learner.listening):\(options.port)"
        settings.cluster.keys = "\(options.remote)/keys"
        settings.cluster.insecure = false
        settings.cluster.rolloutWorkers = 0
        settings.cluster.executors = 0
        settings.run.outputPath = "\(options.remote)/runs"
        try settings.validate()
        self.settings = settings
        let relays = Relays(hosts, fanout: settings.cluster.relayFanout)
        weights = relays.tree.rows(relays.hosts.map(\.host))
        copies = Self.copies(hosts, hasRelays: !relays.hosts.isEmpty)
        processes = [Self.learner(learner.host, run: settings.run.name, options)]
        processes += Self.relays(relays, learner: learner, options)
        for entry in hosts.entries where entry.role != .learner {
            for _ in 0..<entry.count {
                let number = processes.count { $0.role == entry.role } + 1
                let command: String
                if entry.role == .rollout {
                    let source = relays.socket(of: entry.host, port: options.port).map { " --weights-from \($0)" } ?? ""
                    command = "ppocoder-rollout --connect tcp://\(learner.reached):\(options.port)\(source)"
                } else {
                    command =
                        "ppocoder-sandbox execute --connect tcp://\(learner.reached):\(options.port + 4) "
                        + "--slots \(entry.slots)"
                }
                processes.append(Self.process(entry.role, number, on: entry.host, command, options))
            }
        }
    }

    private static func learner(_ host: String, run: String, _ options: Options) -> Process {
        let program = quoted("\(options.programs)/ppocoder")
        let run = quoted("\(options.remote)/runs/\(run)")
        return Process(
            host: host,
            role: .learner,
            name: "learner",
            // Started again after a lost connection, it goes on where it was.
            command:
                "if [ -e \(run)/config.yaml ]; then exec \(program) train --attached --resume \(run); "
                + "else exec \(program) train --attached --config \(quoted("\(options.remote)/run.yaml")); fi"
        )
    }

    /// One relay of weights per host of rollout workers, each with the host that it has them from.
    private static func relays(_ relays: Relays, learner: HostFile.Entry, _ options: Options) -> [Process] {
        // The learner's host has workers, maybe; its own five ports come first.
        let port = options.port + 5
        return relays.hosts.enumerated().map { index, entry in
            var command =
                "ppocoder-rollout relay --connect tcp://\(learner.reached):\(options.port + 1) "
                + "--listen tcp://\(entry.listening):\(port)"
            if let socket = relays.socket(of: entry.host, port: options.port) { command += " --listen \(socket)" }
            if let parent = relays.tree.parent(of: index) {
                command += " --weights-from tcp://\(relays.hosts[parent].reached):\(port)"
            }
            return process(.relay, index + 1, on: entry.host, command, options)
        }
    }

    /// One process; `command` is a program of ours and its flags, but for keys and name.
    private static func process(
        _ role: PeerRole,
        _ number: Int,
        on host: String,
        _ command: String,
        _ options: Options
    ) -> Process {
        let words = command.split(separator: " ", maxSplits: 1)
        let program = quoted("\(options.programs)/\(words[0])")
        let keys = quoted("\(options.remote)/keys/\(role.rawValue)")
        let name = "\(role.rawValue)-\(number)"
        return Process(
            host: host,
            role: role,
            name: name,
            command: "exec \(program) \(words[1]) --keys \(keys) --name \(name)@\(host)"
        )
    }

    private static func copies(_ hosts: HostFile, hasRelays: Bool) -> [Copy] {
        var names: [String] = []
        for entry in hosts.entries where !names.contains(entry.host) { names.append(entry.host) }
        return names.map { host in
            let roles = hosts.entries.filter { $0.host == host }.map(\.role)
            let needed = PeerRole.allCases.filter {
                roles.contains($0) || ($0 == .dispatcher && roles.contains(.learner))
                    || ($0 == .relay && hasRelays && roles.contains(.rollout))
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
