import Foundation
import Programs
import Testing

/// The sandbox on machines other than this one: made from it by taking something away.
///
/// Each runs `ppocoder judge` in a process of its own, because a process cannot come back from any of these.
@Suite(.serialized) struct WallsTests {
    /// Five jobs and the outcomes they must have, whatever limits them.
    private static let jobs: [(id: String, program: String, outcome: String)] = [
        ("works", "print(42)", "accepted"),
        ("memory", "kept = []\nwhile True:\n    kept.append(bytearray(1 << 20))", "memory_limit"),
        ("time", "while True:\n    pass", "time_limit"),
        (
            "processes", "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
            "time_limit"
        ),
        ("files", "import os\nprint(42 if not os.path.exists('/etc/passwd') else 0)", "accepted"),
    ]

    private static let input = jobs.map { job in
        let program = job.program.replacingOccurrences(of: "\n", with: "\\n")
        let limits = #"{"cpu_s":0.4,"wall_s":8,"memory_bytes":300000000,"processes":16}"#
        let tests = #"[{"kind":"stdio","stdin":"","stdout":"42"}]"#
        return #"{"id":"\#(job.id)","language":"python","program":"\#(program)","tests":\#(tests),"limits":\#(limits)}"#
            + "\n"
    }.joined()

    /// The products, where every user can execute them, and a scratch directory for the cache of each user.
    private struct Copies {
        let directory = "/tmp/ppocoder-walls-\(getpid())"

        init() throws {
            let manager = FileManager.default
            try? manager.removeItem(atPath: directory)
            try manager.createDirectory(atPath: directory + "/cache", withIntermediateDirectories: true)
            try manager.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: directory + "/cache")
            for name in ["ppocoder", "ppocoder-slot"] {
                try manager.copyItem(atPath: product(name), toPath: "\(directory)/\(name)")
            }
            atexit { try? FileManager.default.removeItem(atPath: "/tmp/ppocoder-walls-\(getpid())") }
        }

        func environment(_ before: [String]) -> [String: String] {
            let user = before.contains("--reuid") ? "other" : "own"
            return ["PATH": "/usr/bin:/usr/sbin", "XDG_CACHE_HOME": "\(directory)/cache/\(user)"]
        }

        func judge(_ before: [String], _ options: [String] = []) throws -> (
            status: Int32, verdicts: [String: String], walls: String, errors: String
        ) {
            let command = before + ["\(directory)/ppocoder", "judge", "--slots", "1", "--walls"] + options
            let run = try AdversarialTests.output(
                of: command,
                input: WallsTests.input,
                environment: environment(before)
            )
            var verdicts: [String: String] = [:]
            var walls = ""
            for line in run.output.split(separator: "\n") {
                let row = try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
                if case .string(let id)? = row["id"], case .string(let verdict)? = row["verdict"] {
                    verdicts[id] = verdict
                }
                if case .string(let text)? = row["walls"] { walls = text }
            }
            return (run.status, verdicts, walls, run.errors)
        }
    }

    private static let wanted = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0.outcome) })

    /// Made once: what tool chains need beside themselves takes a while to prepare.
    private static let copies = Result { try Copies() }

    /// Programs that only root may start differently.
    private static let asUser = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    private static let withoutGroups = [
        "/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs none /sys/fs/cgroup && exec \"$@\"", "sh",
    ]

    @Test func `Every limit holds as this user, and each row names its walls`() throws {
        let copies = try Self.copies.get()
        let run = try copies.judge([])
        #expect(run.verdicts == Self.wanted, "\(run.errors)")
        #expect(run.walls.contains("root=pivoted") && run.walls.contains("private=1"), "\(run.walls)")
        if try output(of: ["/bin/sh", "-c", "grep -c landlock /sys/kernel/security/lsm"]).status == 0 {
            #expect(!run.walls.contains("landlock=0"))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func `Every limit holds for a user without privileges`() throws {
        let copies = try Self.copies.get()
        let run = try copies.judge(Self.asUser)
        #expect(run.verdicts == Self.wanted, "\(run.errors)")
        #expect(run.walls.contains("user-namespace=1") && run.walls.contains("memory=sampled"), "\(run.walls)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hide the control groups"))
    func `Every limit holds without control groups`() throws {
        let copies = try Self.copies.get()
        let asRoot = try copies.judge(Self.withoutGroups)
        #expect(asRoot.verdicts == Self.wanted, "\(asRoot.errors)")
        #expect(asRoot.walls.contains("memory=sampled") && asRoot.walls.contains("cpu=sampled"), "\(asRoot.walls)")
        let asNobody = try copies.judge(Self.withoutGroups + Self.asUser)
        #expect(asNobody.verdicts == Self.wanted, "\(asNobody.errors)")
    }

    /// A root that is an ordinary directory: the kernel refuses pivot_root there, and user namespaces.
    private static func inChroot(_ directory: String) -> [String] {
        let script = """
            set -e
            root=$1; shift
            for name in usr etc proc tmp dev sys opt var root work mnt media srv; do
                [ -d /$name ] || continue
                mkdir -p $root/$name
                mount --rbind /$name $root/$name
            done
            for name in bin lib lib32 lib64 libx32 sbin; do [ -e /$name ] && ln -sfn usr/$name $root/$name; done
            exec chroot $root "$@"
            """
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh", directory]
    }

    @Test(.enabled(if: geteuid() == 0, "only root can enter a chroot"))
    func `Below the minimum nothing is run unless it is asked for`() throws {
        let copies = try Self.copies.get()
        let root = "/var/tmp/ppocoder-chroot-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let refused = try copies.judge(Self.inChroot(root))
        #expect(refused.status != 0)
        #expect(refused.verdicts.values.allSatisfy { $0 == "infrastructure_failure" })
        #expect(refused.errors.contains("walls this weak"), "\(refused.errors)")
        #expect(refused.errors.contains("mounts that do not show on the host"), "\(refused.errors)")
        let accepted = try copies.judge(Self.inChroot(root), ["--accept-weak-walls"])
        #expect(accepted.verdicts["works"] == "accepted", "\(accepted.errors)")
        #expect(accepted.walls.contains("private=0"), "\(accepted.walls)")
        let doctor = try output(
            of: Self.inChroot(root) + ["\(copies.directory)/ppocoder", "doctor"],
            environment: copies.environment([])
        )
        #expect((doctor.output + doctor.errors).contains("below the minimum"))
    }
}
