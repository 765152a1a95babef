import Foundation
import Testing
import Yams

/// `ppocoder launch`: what it would do, and once for real.
@Suite(.serialized) struct LaunchTests {
    private func hosts(_ folder: Scratch, _ lines: String...) throws -> String {
        try folder.file("hosts.txt", lines.joined(separator: "\n") + "\n").path
    }

    @Test func everyHostGetsTheKeysOfItsRolesAndNoOthers() throws {
        let folder = try Scratch()
        let file = try hosts(
            folder,
            "# a comment",
            "learner a address=10.0.0.1",
            "rollout b count=2",
            "executor b slots=3"
        )
        let run = try CommandRun.ppocoder(
            "launch",
            "ssh",
            "--hosts",
            file,
            "--dry-run",
            "--programs",
            "/opt/ppocoder/bin",
            "--set",
            "run.name=x y"
        )
        #expect(run.code == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("# a gets keys/learner, keys/dispatcher, run.yaml"))
        #expect(lines.contains("# b gets keys/rollout, keys/executor"))
        let ssh = "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5"
        #expect(
            lines.contains(
                "\(ssh) b 'exec /opt/ppocoder/bin/ppocoder launch attend -- /opt/ppocoder/bin/ppocoder-rollout --connect tcp://10.0.0.1:6000 "
                    + "--keys /var/tmp/ppocoder/keys/rollout --name rollout-2@b'"
            ),
            "\(run.output)"
        )
        #expect(
            lines.contains(
                "\(ssh) b 'exec /opt/ppocoder/bin/ppocoder launch attend -- /opt/ppocoder/bin/ppocoder-sandbox execute --connect tcp://10.0.0.1:6004 --slots 3 "
                    + "--keys /var/tmp/ppocoder/keys/executor --name executor-1@b'"
            ),
            "\(run.output)"
        )
        // A name with a space is one word on the other side as well.
        #expect(run.output.contains("train --attached --resume '\\''/var/tmp/ppocoder/runs/x y'\\''"), "\(run.output)")
        #expect(run.output.contains("endpoint: tcp://10.0.0.1:6000"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("keys")))
    }

    @Test func executorsAreSpreadEvenlyOverDispatchersOfTheirOwn() throws {
        let folder = try Scratch()
        let file = try hosts(
            folder,
            "learner a address=10.0.0.1",
            "rollout b",
            "dispatcher u@c address=10.0.0.3 count=2",
            "dispatcher d",
            "executor e slots=4",
            "executor f slots=2 count=4"
        )
        let run = try CommandRun.ppocoder("launch", "ssh", "--hosts", file, "--dry-run", "--programs", "/p")
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.output.contains("# u@c gets keys/dispatcher\n"))
        #expect(
            run.output.contains(
                "exec /p/ppocoder launch attend -- /p/ppocoder-sandbox dispatch --programs tcp://10.0.0.3:6008 --executors tcp://10.0.0.3:6009 "
                    + "--keys /var/tmp/ppocoder/keys/dispatcher --quarantine /var/tmp/ppocoder/quarantine"
            ),
            "\(run.output)"
        )
        // 4 slots to the first; 2 + 2 to each of the others.
        let pools: [String] = run.output.matches(of: /execute --connect tcp:\/\/(\S+) --slots/).map {
            String($0.output.1)
        }
        #expect(pools == ["10.0.0.3:6007", "10.0.0.3:6009", "d:6007", "10.0.0.3:6009", "d:6007"], "\(run.output)")
        for name in ["tcp://10.0.0.3:6006", "tcp://10.0.0.3:6008", "tcp://d:6006"] {
            #expect(run.output.contains("- \(name)"))
        }
    }

    @Test(arguments: [
        ("learner a\nrollout b", "there is no executor line"),
        ("rollout b\nexecutor c", "there are 0 learner lines, expected one"),
        ("learner a\nrollout b count=0\nexecutor c", ":2: 'count=0' is not understood"),
        ("learner a\nrollout -oProxyCommand=x\nexecutor c", ":2: '-oProxyCommand=x' is no host"),
        ("teacher a", ":1: expected 'learner HOST'"),
        (
            "learner a\nrollout b\nexecutor c\ndispatcher d count=2",
            "2 dispatchers and 1 executors: each dispatcher needs"
        ),
    ])
    func aBadLineIsNamed(text: String, words: String) throws {
        let folder = try Scratch()
        let run = try CommandRun.ppocoder("launch", "ssh", "--dry-run", "--hosts", folder.file("hosts", text).path)
        #expect(run.code == 2)
        #expect(run.errors.contains(words), "\(run.errors)")
    }

    /// Three hosts that are all this machine, by a command in the place of ssh.
    @Test func aRunOverHostsHasTheWeightsOfARunOnOne() throws {
        let folder = try Scratch()
        // As ssh does, it closes what it has inherited.
        let fake = try folder.file(
            "ssh",
            """
            #!/bin/bash
            shift
            for file in /proc/$$/fd/*; do
                number=${file##*/}
                ((number < 3 || number == 255)) || eval "exec $number>&-"
            done
            exec /bin/sh -c "$*"

            """
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fake.path)
        let settings = [
            "--set", "model.path=\(try TinyModel.path())", "--set", "run.iterations=1", "--set",
            "data.evaluation_problems=1", "--set", "rollout.prompts_per_step=4", "--set",
            "rollout.samples_per_prompt=2",
            "--set", "rollout.prompts_per_shard=1", "--set", "rollout.max_target_length=8", "--set",
            "ppo.minibatch_size=8", "--set", "run.name=tiny",
        ]
        let port = Int.random(in: 20_000...30_000)
        // With weights that go from the learner to b, and from b to d.
        let file = try hosts(
            folder,
            "learner a address=127.0.0.1",
            "rollout b address=127.0.0.2",
            "rollout d address=127.0.0.3",
            "executor c slots=1"
        )
        let many = try CommandRun.ppocoder(
            [
                "launch", "ssh", "--hosts", file, "--ssh", fake.path, "--keys", folder.path("keys"), "--remote",
                folder.path("remote"), "--logs", folder.path("logs"), "--port", "\(port)", "--set",
                "cluster.relay_fanout=1",
            ] + settings
        )
        #expect(many.code == 0, "\(many.errors)")
        let one = try CommandRun.ppocoder(["train", "--output_path", folder.path("runs")] + settings)
        #expect(one.code == 0, "\(one.errors)")
        func digest(_ run: CommandRun) -> Substring? {
            (run.output + run.errors).split(separator: "\n").last { $0.hasPrefix("weights ") }
        }
        #expect(digest(one) != nil, "\(one.output)\(one.errors)")
        #expect(digest(one) == digest(many), "\(many.errors)")
        let logs = try FileManager.default.contentsOfDirectory(atPath: folder.path("logs")).sorted()
        #expect(logs == ["executor-1.log", "relay-1.log", "relay-2.log", "rollout-1.log", "rollout-2.log"])
        let far = try String(contentsOfFile: folder.path("logs/relay-2.log"), encoding: .utf8)
        #expect(far.contains("come from the relay at tcp://127.0.0.2:\(port + 5), or else from the learner"), "\(far)")
    }

    @Test func noHostOfATreeSendsWeightsToMoreThanTwoOthers() throws {
        let folder = try Scratch()
        let file = try hosts(
            folder,
            "learner me@l address=10.0.0.1",
            "rollout a address=10.0.0.2 count=2",
            "rollout me@b address=eth1",
            "rollout 10.0.0.4",
            "rollout d address=10.0.0.5",
            "rollout a",
            "rollout e address=10.0.0.6",
            "executor x"
        )
        let arguments = ["launch", "ssh", "--hosts", file, "--programs", "/opt/bin", "--set", "cluster.relay_fanout=2"]
        let run = try CommandRun.ppocoder(arguments + ["--dry-run"])
        #expect(run.code == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n").map(String.init)
        let tree = lines.filter { $0.hasPrefix("# weights: ") }
        #expect(
            tree == [
                "# weights: the learner → a, me@b", "# weights: a → 10.0.0.4, d", "# weights: me@b → e",
            ]
        )
        let keys = "--keys /var/tmp/ppocoder/keys"
        let relay =
            "exec /opt/bin/ppocoder launch attend -- /opt/bin/ppocoder-rollout relay --connect tcp://10.0.0.1:6001 --listen tcp://"
        func starts(_ host: String, _ command: String) {
            let ssh = "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 \(host) '\(command)'"
            #expect(lines.contains(ssh), "\(ssh)\n\(run.output)")
        }
        starts("a", "\(relay)10.0.0.2:6005 --listen ipc:///tmp/ppocoder-relay-6000-1 \(keys)/relay --name relay-1@a")
        starts(
            "d",
            "\(relay)10.0.0.5:6005 --listen ipc:///tmp/ppocoder-relay-6000-4 --weights-from tcp://10.0.0.2:6005 "
                + "\(keys)/relay --name relay-4@d"
        )
        // Listening on an interface is no place to connect to.
        starts(
            "e",
            "\(relay)10.0.0.6:6005 --listen ipc:///tmp/ppocoder-relay-6000-5 --weights-from tcp://b:6005 "
                + "\(keys)/relay --name relay-5@e"
        )
        starts(
            "a",
            "exec /opt/bin/ppocoder launch attend -- /opt/bin/ppocoder-rollout --connect tcp://10.0.0.1:6000 --weights-from ipc:///tmp/ppocoder-relay-6000-1 "
                + "\(keys)/rollout --name rollout-6@a"
        )
        #expect(lines.contains("# me@b gets keys/relay, keys/rollout"))
        #expect(lines.contains("# x gets keys/executor"))
        // Keys that were made before there were relays.
        try FileManager.default.createDirectory(atPath: folder.path("old/rollout"), withIntermediateDirectories: true)
        let old = try CommandRun.ppocoder(arguments + ["--keys", folder.path("old")])
        #expect(old.code != 0)
        #expect(old.errors.contains("\(folder.path("old"))/relay is not there: these keys were made without relays"))
    }

    @Test func theBatchScriptsInClusterAreThoseThatAreSubmitted() throws {
        let run = try CommandRun.ppocoder("launch", "slurm", "--shared", "/shared/run", "--dry-run")
        #expect(run.code == 0, "\(run.errors)")
        for name in ["train", "executors"] {
            let file = CommandRun.root.appending(path: "cluster/slurm/\(name).sbatch")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(run.output.contains("# \(name).sbatch\n" + text), "cluster/slurm/\(name).sbatch is another script")
            let check = Process()
            check.executableURL = URL(filePath: "/bin/bash")
            check.arguments = ["-n", file.path]
            try check.run()
            check.waitUntilExit()
            #expect(check.terminationStatus == 0)
        }
        #expect(run.output.contains("sbatch --export=ALL,PPOCODER_HOME="))
        #expect(!run.output.contains("PPOCODER_RELAY_FANOUT=2"))
        let tree = try CommandRun.ppocoder(
            ["launch", "slurm", "--shared", "/shared/run", "--dry-run", "--set", "cluster.relay_fanout=2"]
        )
        #expect(tree.output.contains("PPOCODER_PORT=6000,PPOCODER_RELAY_FANOUT=2 "), "\(tree.output)")
    }

    @Test func theKubernetesObjectsFitTogether() throws {
        let run = try CommandRun.ppocoder("launch", "kubernetes", "--dry-run")
        #expect(run.code == 0, "\(run.errors)")
        let objects = try Yams.load_all(yaml: run.output).compactMap { $0 as? [String: Any] }
        let kinds = objects.compactMap { $0["kind"] as? String }
        #expect(
            kinds == [
                "ConfigMap", "Service", "StatefulSet", "Deployment", "Deployment", "PodDisruptionBudget",
                "HorizontalPodAutoscaler", "NetworkPolicy",
            ]
        )
        var names: Set<String> = []
        for object in objects {
            let metadata = try #require(object["metadata"] as? [String: Any])
            #expect(metadata["namespace"] as? String == "ppocoder")
            names.insert("\(object["kind"] ?? "")/\(metadata["name"] ?? "")")
            guard let spec = object["spec"] as? [String: Any], let template = spec["template"] as? [String: Any] else {
                continue
            }
            try checkWorkload(spec, template)
        }
        #expect(names.contains("Deployment/ppocoder-executor"), "the autoscaler's target")
        // The file in cluster/ is the same, but for the settings, which are the user's.
        let file = CommandRun.root.appending(path: "cluster/kubernetes/ppocoder.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(run.output.range(of: "apiVersion: v1\nkind: Service"))
        #expect(text.hasSuffix(String(run.output[start.lowerBound...])), "cluster/kubernetes/ppocoder.yaml is another")
    }

    private func checkWorkload(_ spec: [String: Any], _ template: [String: Any]) throws {
        let selector = try #require((spec["selector"] as? [String: Any])?["matchLabels"] as? [String: String])
        let labels = try #require((template["metadata"] as? [String: Any])?["labels"] as? [String: String])
        #expect(selector == labels)
        let pod = try #require(template["spec"] as? [String: Any])
        let claims = (spec["volumeClaimTemplates"] as? [[String: Any]] ?? []).compactMap {
            ($0["metadata"] as? [String: Any])?["name"] as? String
        }
        let volumes = Set((pod["volumes"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String } + claims)
        let container = try #require((pod["containers"] as? [[String: Any]])?.first)
        let mounts = (container["volumeMounts"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(Set(mounts) == volumes, "every volume is mounted, and every mount is of a volume")
        // What is started exists, and knows the flags that it is given.
        let words = try #require((container["args"] as? [String])?.first).split(separator: " ").map(String.init)
        let start = try #require(words.lastIndex(of: "exec")) + 1
        let program = try CommandRun.executable().deletingLastPathComponent().appending(path: words[start])
        let help = try Self.help(program, words[start + 1])
        for flag in words[start...] where flag.hasPrefix("--") {
            #expect(help.contains(flag), "\(words[start]) does not know \(flag)")
        }
    }

    private static func help(_ program: URL, _ command: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = (command.hasPrefix("-") ? [] : [command]) + ["--help"]
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// What a lab of `Tools` that must end with 0 says.
    private static func lab(_ tool: String, _ arguments: [String]) throws -> String {
        let folder = try Scratch()
        let process = Process()
        let log = try folder.file("log", "")
        process.executableURL = CommandRun.root.appending(path: "Tools/\(tool)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "PPOCODER_BIN": try CommandRun.executable().deletingLastPathComponent().path,
            "PPOCODER_LAB_TMP": folder.url.path,
        ]) { $1 }
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: log, encoding: .utf8)
        #expect(process.terminationStatus != 77, "the lab cannot run here: \(text)")
        #expect(process.terminationStatus == 0, "\(text)")
        return text
    }

    /// Network namespaces as hosts, and all their cables pulled in the middle of the run; also with two hosts of workers, one of
    /// which has its weights from the other.
    @Test(
        .enabled(
            if: geteuid() == 0 && FileManager.default.fileExists(atPath: "/run"),
            "network namespaces need root: run the tests as root to see a partition survived"
        ),
        arguments: [["--light"], ["--light", "--relay"]]
    )
    func severalHostsAndAPartitionGiveTheWeightsOfOneHost(arguments: [String]) throws {
        let text = try Self.lab("network-lab", arguments)
        #expect(text.contains("the network is whole again") && text.contains("the same weights"), "\(text)")
        let sent = try #require(text.firstMatch(of: /the learner sent (\S+) copies, \S+ MB, of (\d+) versions/))
        let (copies, versions) = (try #require(Double(sent.1)), try #require(Double(sent.2)))
        #expect(versions >= 10)
        // What was on its way when the cables were pulled is sent again.
        #expect(arguments.contains("--relay") ? copies <= versions + 2 : copies > 1.5 * versions, "\(text)")
    }

    /// Three sshds in namespaces: a host that is not there, Ctrl-C in the middle, and the same command again.
    @Test(
        .enabled(
            if: geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd"),
            "needs root and sshd: apt-get install openssh-server openssh-client"
        )
    )
    func launchOverRealSSHIsStoppedAndGoesOnToTheWeightsOfOneHost() throws {
        let text = try Self.lab("ssh-lab", ["--light"])
        #expect(text.contains("nothing goes on anywhere") && text.contains("the same weights"), "\(text)")
    }
}
