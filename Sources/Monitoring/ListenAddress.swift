internal import Glibc

/// Where a process answers HTTP: `PORT`, `HOST:PORT` or `[IPv6]:PORT`, hosts as numbers or `localhost`.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A literal IPv4 or IPv6 address.
    package let host: String
    /// 0: any free port.
    package let port: UInt16

    /// - Throws: ``MonitoringError/badAddress(_:)`` when the text is not an address.
    package init(_ text: String) throws(MonitoringError) {
        var host = "127.0.0.1"
        var digits = Substring(text)
        if let colon = text.lastIndex(of: ":") {
            digits = text[text.index(after: colon)...]
            host = String(text[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            if host == "localhost" || host.isEmpty { host = "127.0.0.1" }
        }
        guard let port = UInt16(digits), Self.isLiteral(host) else { throw .badAddress(text) }
        self.host = host
        self.port = port
    }

    private static func isLiteral(_ host: String) -> Bool {
        var space = in6_addr()
        return unsafe inet_pton(AF_INET, host, &space) == 1 || inet_pton(AF_INET6, host, &space) == 1
    }

    package var isIPv6: Bool { host.contains(":") }

    /// Only processes of this machine reach the address.
    package var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }

    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a process does not answer HTTP.
package enum MonitoringError: Error, Sendable, Equatable, CustomStringConvertible {
    case badAddress(String)
    /// An address that others reach needs a token.
    case tokenNeeded(ListenAddress)
    case cannotListen(ListenAddress, reason: String)
    case badToken(String)

    package var description: String {
        switch self {
        case .badAddress(let text):
            "'\(text)' is not an address to listen at: expected PORT, HOST:PORT or [IPv6]:PORT with a number for HOST"
        case .tokenNeeded(let address):
            "\(address) can be reached by other machines: set PPOCODER_MONITORING_TOKEN to a secret of 16 characters "
                + "or more, or listen at 127.0.0.1"
        case .cannotListen(let address, let reason): "cannot listen at \(address): \(reason)"
        case .badToken(let reason): "PPOCODER_MONITORING_TOKEN \(reason)"
        }
    }
}

/// The secret that readers must show; nil lets everybody of this machine read.
package struct AccessToken: Sendable, Equatable {
    package let text: String

    /// The environment variable that holds it: a secret does not belong in a file of settings or in a list of processes.
    package static let variable = "PPOCODER_MONITORING_TOKEN"

    /// - Throws: ``MonitoringError/badToken(_:)`` when it is too short or has characters that a header cannot carry.
    package init(_ text: String) throws(MonitoringError) {
        guard text.utf8.count >= 16 else { throw .badToken("has \(text.utf8.count) characters; 16 or more are needed") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\",;\\".utf8.contains($0) }) else {
            throw .badToken("may have letters, digits and signs other than \" , ; and \\")
        }
        self.text = text
    }

    /// The token of the environment, if one is set.
    package static func fromEnvironment(_ environment: [String: String]) throws(MonitoringError) -> AccessToken? {
        guard let text = environment[variable], !text.isEmpty else { return nil }
        return try AccessToken(text)
    }

    /// Compares without telling by its time where the texts differ.
    package func matches(_ other: String) -> Bool {
        let (mine, theirs) = (Array(text.utf8), Array(other.utf8))
        var difference = mine.count ^ theirs.count
        for i in mine.indices { difference |= Int(mine[i] ^ (i < theirs.count ? theirs[i] : 0)) }
        return difference == 0
    }
}
