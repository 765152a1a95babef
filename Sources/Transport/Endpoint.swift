import Glibc

/// Checks on endpoints that libzmq leaves out or answers obscurely.
enum Endpoint {
    /// Room for a path in a Unix socket address, without its final zero byte.
    static let pathBytes = 107

    /// Throws unless `endpoint` can be used under `security`: `ipc://PATH` with a path that fits, or `tcp://HOST:PORT` with
    /// keys, or on the loopback interface if that is wanted without.
    static func check(
        _ endpoint: String,
        security: TransportSecurity,
        isServer: Bool
    ) throws(TransportError) {
        if let path = path(of: endpoint) { return try check(path: path, endpoint) }
        guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else {
            throw .badEndpoint(endpoint: endpoint, reason: "expected ipc://PATH or tcp://HOST:PORT")
        }
        let start = endpoint.index(endpoint.startIndex, offsetBy: 6)
        guard colon > start else {
            throw .badEndpoint(endpoint: endpoint, reason: "expected tcp://HOST:PORT")
        }
        let host = endpoint[start..<colon]
        guard !host.contains(":") || host.hasPrefix("[") && host.hasSuffix("]") else {
            throw .badEndpoint(endpoint: endpoint, reason: "an IPv6 address is written in brackets: tcp://[::1]:PORT")
        }
        let port = endpoint[endpoint.index(after: colon)...]
        guard port == "*" || UInt16(port) != nil else {
            throw .badEndpoint(endpoint: endpoint, reason: "'\(port)' is not a port (0 to 65535, or *)")
        }
        if isServer, host == "*" || host == "0.0.0.0" || host == "[::]" {
            throw .badEndpoint(
                endpoint: endpoint,
                reason: "'\(host)' is every interface of this machine; name the one to listen on, or its address"
            )
        }
        switch security {
        case .curve: return
        case .ipcOnly:
            throw .badEndpoint(
                endpoint: endpoint,
                reason: "TCP needs keys (--keys, made by ppocoder keygen) or, on the loopback interface, --insecure"
            )
        case .plainLoopback:
            guard isLoopback(host) else {
                throw .badEndpoint(
                    endpoint: endpoint,
                    reason:
                        "without keys TCP is for the loopback interface only (127.0.0.1, [::1]), and '\(host)' is not on it"
                )
            }
        }
    }

    private static func check(path: String, _ endpoint: String) throws(TransportError) {
        guard !path.isEmpty else { throw .badEndpoint(endpoint: endpoint, reason: "there is no path after ipc://") }
        let bytes = path.utf8.count
        guard bytes <= pathBytes else {
            throw .badEndpoint(
                endpoint: endpoint,
                reason: "the path has \(bytes) bytes, a Unix socket takes \(pathBytes); use a shorter directory"
            )
        }
        guard !path.utf8.contains(0) else {
            throw .badEndpoint(endpoint: endpoint, reason: "the path contains a zero byte")
        }
    }

    /// Whether `host` is on the loopback interface.
    ///
    /// A name that begins like an address is not one: 127.evil.example may be anywhere.
    static func isLoopback(_ host: Substring) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    static func isTCP(_ endpoint: String) -> Bool { endpoint.hasPrefix("tcp://") }

    static func path(of endpoint: String) -> String? {
        endpoint.hasPrefix("ipc://") ? String(endpoint.dropFirst(6)) : nil
    }

    /// Whether somebody listens at the Unix socket `path`.
    ///
    /// libzmq unlinks a socket file before it binds, so a second server would silently take the first one's place.
    static func isListening(path: String) -> Bool {
        let bytes = Array(path.utf8)
        guard bytes.count <= pathBytes else { return false }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: bytes)
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0
    }
}

/// The endpoint that a server told of, as this process reaches it.
///
/// `tcp://*:PORT` is a port of the host at which the server itself was reached.
package func resolved(_ told: String, reachedAt server: String) -> String {
    guard told.hasPrefix("tcp://*:"), server.hasPrefix("tcp://"), let colon = server.lastIndex(of: ":") else {
        return told
    }
    return String(server[..<colon]) + told.dropFirst("tcp://*".count)
}
