import ArgumentParser
import Dispatching
import Foundation
import Telemetry
import Transport

/// `ppocoder keygen`: keys for a run over several machines.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Makes the keys that processes on different machines need to talk to each other.",
        discussion: """
            Makes a folder per role: learner, dispatcher, relay, rollout, executor, client. Copy to each machine the folder of its \
            role and no other; the learner's machine needs learner and dispatcher. Who may connect is in learner/allowed \
            and dispatcher/allowed, one public key per line; a change counts at once. Keys are never overwritten.
            """
    )

    @Option(help: ArgumentHelp("Folder to make, or with --add the one that is there.", valueName: "folder"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Make one more key of this role (rollout, executor or client), which can be taken away by itself; "
                + "relay: the key of relays, in a folder that has none.",
            valueName: "role"
        )
    )
    var add: String?

    @Option(help: "With --add: the name of the key, for example that of its machine.")
    var name: String?

    func validate() throws {
        guard let add else {
            guard name == nil else { throw ValidationError("--name is the name of a key that --add makes") }
            return
        }
        guard ["rollout", "executor", "client", "relay"].contains(add) else {
            throw ValidationError("--add is \(add), expected rollout, executor, client or relay")
        }
        if add == PeerRole.relay.rawValue {
            guard name == nil else {
                throw ValidationError(
                    "--add relay takes no --name: by the one key of relays those who connect know them"
                )
            }
            return
        }
        let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
        guard let name, !name.isEmpty, name.count <= 64, name.unicodeScalars.allSatisfy(allowed.contains) else {
            throw ValidationError("--add needs --name, of 1 to 64 letters, digits, hyphens, dots or underscores")
        }
    }

    func run() throws {
        if add == PeerRole.relay.rawValue {
            let folder = try KeyMaking.addRelay(to: output)
            return writeNotice(
                "keygen: made \(folder); learner/, dispatcher/ and rollout…/ know it: copy them to their machines again"
            )
        }
        if let add, let role = PeerRole(rawValue: add), let name {
            let folder = try KeyMaking.add(role, name: name, to: output)
            if role == .rollout {
                let file = KeyRing.manifestPublicName
                if !FileManager.default.fileExists(atPath: "\(folder)/\(file)") {
                    try FileManager.default.copyItem(
                        atPath: "\(output)/\(role.rawValue)/\(file)",
                        toPath: "\(folder)/\(file)"
                    )
                }
            }
            return writeNotice("keygen: \(folder) is for one machine; its key is allowed from now on")
        }
        try KeyMaking.all(in: output)
        try makeManifestKeys(in: output)
        writeNotice(
            """
            keygen: made \(output)
              learner's machine: learner/ and dispatcher/ (ppocoder train --set cluster.keys=\(output), or ppocoder-learner --keys)
              relays of weights: relay/    (ppocoder-rollout relay --keys …/relay)
              rollout workers:   rollout/  (ppocoder-rollout --keys …/rollout)
              executors:         executor/ (ppocoder-sandbox execute --keys …/executor)
              judge --connect:   client/   (ppocoder judge --keys …/client)
            """
        )
    }
}
