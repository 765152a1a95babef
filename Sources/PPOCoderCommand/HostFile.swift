import Foundation
import Transport

/// Which processes run on which hosts: lines of `ROLE HOST [key=value …]`, with # at the start of a comment line.
struct HostFile: Equatable {
    struct Entry: Equatable {
        var role: PeerRole
        var host: String
        /// Processes of this kind on the host.
        var count = 1
        /// Programs judged at once by one executor; 0: one per core.
        var slots = 0
        /// Of learner and dispatchers, and of a relay of weights: the address that it listens on and the others connect to, or
        /// the name of an interface with `host` as what the others connect to.
        var address: String?

        /// Where a server of this host listens: an address, or an interface.
        var listening: String { address ?? reached }

        /// What others connect to: an address with dots or colons; not the name of an interface.
        var reached: String {
            // ssh may be told a user; sockets may not.
            let plain = host.split(separator: "@").last.map(String.init) ?? host
            return address.map { $0.contains(".") || $0.contains(":") ? $0 : plain } ?? plain
        }
    }

    var entries: [Entry] = []

    init(entries: [Entry]) { self.entries = entries }

    /// - Throws: ``HostFileError`` naming the line.
    init(path: String) throws {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw HostFileError(place: path, reason: "cannot be read (\(error.localizedDescription))")
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            if words.isEmpty || line.hasPrefix("#") { continue }
            entries.append(try Self.entry(words, place: "\(path):\(index + 1)"))
        }
        let learners = entries.count { $0.role == .learner }
        guard learners == 1 else {
            throw HostFileError(place: path, reason: "there are \(learners) learner lines, expected one")
        }
        let executors = entries.filter { $0.role == .executor }.reduce(0) { $0 + $1.count }
        let dispatchers = entries.filter { $0.role == .dispatcher }.reduce(0) { $0 + $1.count }
        guard dispatchers <= executors || executors == 0 else {
            let counts = "\(dispatchers) dispatchers and \(executors) executors"
            throw HostFileError(
                place: path,
                reason: "there are \(counts): each dispatcher needs an executor of its own"
            )
        }
        for role in [PeerRole.rollout, .executor] where !entries.contains(where: { $0.role == role }) {
            throw HostFileError(place: path, reason: "there is no \(role.rawValue) line: the run would wait for ever")
        }
    }

    private static func entry(_ words: [String], place: String) throws -> Entry {
        guard words.count >= 2, let role = PeerRole(rawValue: words[0]),
            [.learner, .rollout, .executor, .dispatcher].contains(role)
        else {
            throw HostFileError(
                place: place,
                reason: "expected 'learner HOST', 'rollout HOST', 'executor HOST' or 'dispatcher HOST'"
            )
        }
        guard !words[1].hasPrefix("-") else {
            throw HostFileError(place: place, reason: "'\(words[1])' is no host: ssh would take it for an option")
        }
        var entry = Entry(role: role, host: words[1])
        for word in words.dropFirst(2) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let number = parts.count == 2 ? Int(parts[1]) : nil
            switch (parts[0], number) {
            case ("count", let count?) where (1...1024).contains(count) && role != .learner: entry.count = count
            case ("slots", let slots?) where (0...4096).contains(slots) && role == .executor: entry.slots = slots
            case ("address", _) where parts.count == 2 && role != .executor: entry.address = parts[1]
            default:
                throw HostFileError(
                    place: place,
                    reason:
                        "'\(word)' is not understood; learner takes address=, rollout count= and address=, executor count= "
                        + "and slots=, dispatcher count= and address="
                )
            }
        }
        return entry
    }
}

/// What is wrong with a file of hosts.
struct HostFileError: Error, CustomStringConvertible, Equatable {
    var place: String
    var reason: String

    var description: String { "\(place): \(reason)" }
}
