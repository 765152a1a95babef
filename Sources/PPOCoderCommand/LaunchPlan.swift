import Foundation
import Learner
import Transport

/// What is copied to which host, and what is started there: made without doing any of it.
struct LaunchPlan: Equatable {
    struct Options {
        /// ssh and its flags.
        var ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5"]
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
        let dispatchers = Self.dispatchers(hosts, port: options.port)
        var settings = settings
        guard settings.cluster.dispatcher.isEmbedded else {
            throw HostFileError(
                place: "cluster.dispatcher",
                reason: "launch starts dispatchers where the file of hosts says 'dispatcher HOST'; leave this key away"
            )
        }
        settings.cluster.dispatcher = DispatcherEndpoints(dispatchers.map(\.programs))
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
        processes += dispatchers.enumerated().map { Self.process($1, number: $0 + 1, options) }
        processes += Self.relays(relays, learner: learner, options)
        let pools =
            dispatchers.isEmpty ? ["tcp://\(learner.reached):\(options.port + 4)"] : dispatchers.map(\.executors)
        // Every executor has one dispatcher, which is the one with the fewest slots so far.
        var slots = pools.map { _ in 0 }
        for entry in hosts.entries where [.rollout, .executor].contains(entry.role) {
            for _ in 0..<entry.count {
                let number = processes.count { $0.role == entry.role } + 1
                let command: String
                if entry.role == .rollout {
                    let source = relays.socket(of: entry.host, port: options.port).map { " --weights-from \($0)" } ?? ""
                    command = "ppocoder-rollout --connect tcp://\(learner.reached):\(options.port)\(source)"
                } else {
                    let pool = slots.indices.min { (slots[$0], $0) < (slots[$1], $1) } ?? 0
                    slots[pool] += max(1, entry.slots)
                    command = "ppocoder-sandbox execute --connect \(pools[pool]) --slots \(entry.slots)"
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
                "if [ -e \(run)/config.yaml ]; then \(attended("\(program) train --attached --resume \(run)", options)); "
                + "else \(attended("\(program) train --attached --config \(quoted("\(options.remote)/run.yaml"))", options)); fi"
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
            command: attended("\(program) \(words[1]) --keys \(keys) --name \(name)@\(host)", options)
        )
    }

    /// A dispatcher of its own.
    private struct Dispatcher {
        let host: String
        /// What it listens on, and what others connect to.
        let binding: (programs: String, executors: String)
        let programs: String
        let executors: String
    }

    /// Dispatchers take the ports behind those of learner and relays, two each, counted on every host for itself.
    private static func dispatchers(_ hosts: HostFile, port: Int) -> [Dispatcher] {
        var next: [String: Int] = [:]
        return hosts.entries.filter { $0.role == .dispatcher }.flatMap { entry in
            (0..<entry.count).map { _ in
                let first = next[entry.host] ?? port + 6
                next[entry.host] = first + 2
                return Dispatcher(
                    host: entry.host,
                    binding: ("tcp://\(entry.listening):\(first)", "tcp://\(entry.listening):\(first + 1)"),
                    programs: "tcp://\(entry.reached):\(first)",
                    executors: "tcp://\(entry.reached):\(first + 1)"
                )
            }
        }
    }

    private static func process(_ dispatcher: Dispatcher, number: Int, _ options: Options) -> Process {
        let keys = quoted("\(options.remote)/keys/dispatcher")
        return Process(
            host: dispatcher.host,
            role: .dispatcher,
            name: "dispatcher-\(number)",
            command: attended(
                "\(quoted("\(options.programs)/ppocoder-sandbox")) dispatch --programs \(dispatcher.binding.programs) "
                    + "--executors \(dispatcher.binding.executors) --keys \(keys) "
                    + "--quarantine \(quoted("\(options.remote)/quarantine"))",
                options
            )
        )
    }

    /// `command` in the care of `ppocoder launch attend`, which stops it when the connection is lost.
    private static func attended(_ command: String, _ options: Options) -> String {
        "exec \(quoted("\(options.programs)/ppocoder")) launch attend -- \(command)"
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
