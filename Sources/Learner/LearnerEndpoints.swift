internal import Transport

/// Where the learner listens: five sockets that share one base.
package struct LearnerEndpoints: Sendable, Codable, Equatable {
    /// Leases, results and acknowledgements.
    package var control: String
    /// Weight chunks, pulled on credit.
    package var bulk: String
    /// The newest version.
    package var announcements: String
    /// Programs to judge, from rollout workers.
    package var programs: String
    /// Executors.
    package var executors: String

    /// - Parameter base: a folder for ipc sockets, or `tcp://HOST:PORT` for five ports from PORT on; HOST is an address
    ///   (IPv6 in brackets) or the name of an interface of this machine.
    /// - Throws: ``ConfigurationError`` when `base` is neither.
    package init(base: String) throws(ConfigurationError) {
        let names = ["control", "bulk", "announcements", "programs", "executors"]
        let all: [String]
        if base.hasPrefix("tcp://") {
            let place = base.dropFirst("tcp://".count)
            let colon = place.lastIndex(of: ":") ?? place.endIndex
            let host = place[..<colon]
            let isHost = host.hasPrefix("[") ? host.hasSuffix("]") : !host.isEmpty && !host.contains(":")
            guard isHost, let port = UInt16(place[colon...].dropFirst()), port > 0,
                Int(port) + names.count - 1 <= 65_535
            else {
                throw .outOfRange(
                    key: "cluster.endpoint",
                    value: base,
                    expected: "a folder or tcp://HOST:PORT with a port of 1 … 65531 (five ports are used)"
                )
            }
            let address = NetworkInterface.address(of: String(host)) ?? String(host)
            all = names.indices.map { "tcp://\(address):\(Int(port) + $0)" }
        } else {
            let folder = base.hasPrefix("ipc://") ? String(base.dropFirst("ipc://".count)) : base
            all = names.map { "ipc://\(folder)/\($0)" }
        }
        control = all[0]
        bulk = all[1]
        announcements = all[2]
        programs = all[3]
        executors = all[4]
    }

    /// What workers are told: of a TCP socket the port alone, because they know better how this host is reached from theirs.
    package static func advertised(_ endpoint: String) -> String {
        guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return endpoint }
        return "tcp://*\(endpoint[colon...])"
    }
}
