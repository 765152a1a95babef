/// The walls round one slot, as its supervisor found and built them.
package struct Walls: Sendable, Hashable {
    /// For people, one wall each.
    package let sentences: [String]
    /// For us: which variant of a wall is up, by its name.
    private let facts: [String: String]

    /// Reads a supervisor's report: lines that start with `fact: ` are `name=value`, the others are sentences.
    init(report: String) {
        var sentences: [String] = []
        var facts: [String: String] = [:]
        for line in report.split(separator: "\n") {
            guard line.hasPrefix("fact: ") else {
                sentences.append(String(line))
                continue
            }
            let pair = line.dropFirst(6).split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { facts[pair[0]] = pair[1] }
        }
        self.sentences = sentences
        self.facts = facts
    }

    /// One line that names every variant, such as `cpu=group landlock=7 memory=version1 …`.
    package var summary: String {
        facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    /// What the stated minimum asks for and this machine does not give; empty on a machine that may run untrusted code.
    ///
    /// Namespaces for processes, mounts, network and IPC, a user without capabilities, `no_new_privs` and the seccomp
    /// filter need no mention: a slot without them is not built at all. See docs/sandbox.md.
    package var missing: [String] {
        var missing: [String] = []
        if facts["root"] != "pivoted" && facts["root"] != "moved" {
            missing.append("a root that cannot be left: the sandbox itself runs in a chroot")
        }
        if facts["private"] != "1" && facts["user-namespace"] != "1" {
            missing.append("mounts that do not show on the host: its mount propagation cannot be changed here")
        }
        if !["version1", "version2", "sampled"].contains(facts["memory"] ?? "") {
            missing.append("a limit on memory: neither control groups nor a readable /proc")
        }
        return missing
    }
}
