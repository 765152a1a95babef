import Foundation

/// What attacks might have changed on this machine, as far as it is ours to look at.
struct HostState: Equatable, CustomStringConvertible {
    private var lines: Set<String> = []

    /// - Parameter users: ids that only slots have (those of a pool started by root).
    init(users: Range<Int>) {
        addFiles(users)
        addSettings()
        for process in slotProcesses(of: users) { lines.insert("process \(process)") }
        let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n") { lines.insert("mount \(line)") }
        for group in groups(of: Set(children(of: getpid()))) { lines.insert("control group \(group)") }
    }

    var description: String { lines.sorted().joined(separator: "\n") }

    /// What one of the two has and the other has not.
    func difference(from other: HostState) -> [String] { lines.symmetricDifference(other.lines).sorted() }

    private mutating func addFiles(_ users: Range<Int>) {
        let manager = FileManager.default
        for directory in ["/", "/tmp", "/var/tmp", "/dev/shm", "/mnt", "/usr", "/usr/bin", "/usr/lib", "/etc", "/dev"] {
            for name in (try? manager.contentsOfDirectory(atPath: directory)) ?? [] {
                let path = directory + "/" + name
                var status = stat()
                guard unsafe lstat(path, &status) == 0 else { continue }
                // Other programs on the machine write too; ours are known by their owner or by their name.
                if name.contains("adversary") || users.contains(Int(status.st_uid)) { lines.insert("file \(path)") }
            }
        }
        for path in ["/etc/passwd", "/etc/hosts", "/usr/bin/true", "/usr/bin/python3", "/usr/bin/g++"] {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { continue }
            lines.insert("file \(path) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mode) \(status.st_nlink)")
        }
    }

    private mutating func addSettings() {
        for name in [
            "core_pattern", "hostname", "domainname", "randomize_va_space", "pid_max", "threads-max", "shmmax", "sysrq",
        ] {
            let value = (try? String(contentsOfFile: "/proc/sys/kernel/\(name)", encoding: .utf8)) ?? "-"
            lines.insert("kernel.\(name) \(value)")
        }
        for kind in ["shm", "sem", "msg"] {
            let text = (try? String(contentsOfFile: "/proc/sysvipc/\(kind)", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n").dropFirst() where line.contains("4711") {
                lines.insert("\(kind) \(line)")
            }
        }
    }

}

/// The control groups that supervisors with these process ids have made, in every hierarchy.
func groups(of supervisors: Set<pid_t>) -> [String] {
    let manager = FileManager.default
    let top = "/sys/fs/cgroup"
    // Each hierarchy of version 1 is a mount of its own, which a listing of the top does not enter.
    let roots = [top] + ((try? manager.contentsOfDirectory(atPath: top)) ?? []).map { "\(top)/\($0)" }
    let all = roots.flatMap { root in
        (manager.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).map { "\(root)/\($0)" }
    }
    return Set(all).sorted().filter { path in
        guard let last = path.split(separator: "/").last, last.hasPrefix("ppocoder-"),
            let owner = pid_t(last.dropFirst(9))
        else { return false }
        return supervisors.contains(owner)
    }
}

/// The processes that a process started and that have not ended.
func children(of process: pid_t) -> [pid_t] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return tasks.flatMap { task in
        let text = try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)
        return (text ?? "").split(separator: " ").compactMap { pid_t($0) }
    }
}

/// The state letter of a process, from `/proc/PID/stat`; nil when there is none.
func state(of process: pid_t) -> Character? {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
    else { return nil }
    return stat[end...].dropFirst(2).first
}

/// The supervisors that this process has started.
func supervisors() -> [pid_t] {
    children(of: getpid()).filter { process in
        (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) == "ppocoder-slot\n"
            && state(of: process) != "Z"
    }
}

/// Processes in the slots of this process's pools, or in those whose users are `users`, that are not the first of their
/// slot.
func survivors(of users: Range<Int>? = nil) -> [String] {
    let first = supervisors().flatMap { children(of: $0) }.filter { process in
        var status = stat()
        guard let users else { return true }
        return unsafe stat("/proc/\(process)", &status) == 0 && users.contains(Int(status.st_uid))
    }
    return first.flatMap { children(of: $0) }.map { process in
        let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? "?"
        return "\(process) \(name.dropLast())"
    }
}

/// Processes that run as one of the slots' users; nothing unless the slots have users of their own.
func slotProcesses(of users: Range<Int>) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { $0.allSatisfy(\.isNumber) }.compactMap { process in
        var status = stat()
        guard unsafe stat("/proc/\(process)", &status) == 0, users.contains(Int(status.st_uid)) else { return nil }
        return process
    }
}
