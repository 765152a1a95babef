import ArgumentParser
import Foundation
import Learner
import Telemetry
import Transport

/// `ppocoder launch kubernetes`: a run as Kubernetes objects.
struct LaunchKubernetes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubernetes",
        abstract: "Makes the objects of a run from settings, and applies them with kubectl.",
        discussion: """
            A StatefulSet with a volume for the learner, Deployments for rollout workers and executors, an autoscaler for \
            the executors. Keys are secrets, one per role: with --keys, secrets are made of that folder's.
            """
    )

    @OptionGroup var settings: ConfigurationOptions

    @Option(help: "Container image with the programs in it (cluster/Containerfile).")
    var image = KubernetesManifests().image

    @Option(help: "Namespace of all objects; must be there.")
    var namespace = KubernetesManifests().namespace

    @Option(help: "Rollout workers.")
    var rolloutWorkers = KubernetesManifests().rolloutWorkers

    @Option(help: "Executors at least.")
    var executors = KubernetesManifests().executors

    @Option(help: "Executors at most.")
    var maximumExecutors = KubernetesManifests().maximumExecutors

    @Option(help: ArgumentHelp("Folder of keys (ppocoder keygen) to make secrets of.", valueName: "folder"))
    var keys: String?

    @Flag(help: "Print the objects and the commands, and stop.")
    var dryRun = false

    func run() async throws {
        var manifests = KubernetesManifests()
        manifests.image = image
        manifests.namespace = namespace
        manifests.rolloutWorkers = rolloutWorkers
        manifests.executors = executors
        manifests.maximumExecutors = maximumExecutors
        let yaml = try manifests.yaml(settings.load(base: TrainCommand.defaults(settings, flags: [])))
        if dryRun {
            for command in secrets(manifests) {
                writeNotice("# " + command.map(LaunchPlan.quoted).joined(separator: " "))
            }
            writeNotice("# kubectl apply -f -")
            return print(yaml, terminator: "")
        }
        let keeper = ProcessKeeper()
        let kubectl = { (arguments: [String]) in
            ProcessKeeper.Command(executable: URL(filePath: "/usr/bin/env"), arguments: arguments)
        }
        for command in secrets(manifests) { try await keeper.once(command.joined(separator: " "), kubectl(command)) }
        let file = FileManager.default.temporaryDirectory.appending(path: "ppocoder-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try yaml.write(to: file, atomically: true, encoding: .utf8)
        try await keeper.once("kubectl apply", kubectl(["kubectl", "apply", "-f", file.path]))
    }

    private func secrets(_ manifests: KubernetesManifests) -> [[String]] {
        guard let keys else { return [] }
        return [PeerRole.learner, .dispatcher, .rollout, .executor].map { role in
            [
                "kubectl", "--namespace", namespace, "create", "secret", "generic",
                "\(manifests.name)-keys-\(role.rawValue)", "--from-file=\(keys)/\(role.rawValue)",
            ]
        }
    }
}
