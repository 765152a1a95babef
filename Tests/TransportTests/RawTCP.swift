import Glibc
import Synchronization
import Testing

/// A TCP connection to the loopback interface that says whatever a test wants, without ZeroMQ; never blocks a thread.
final class RawTCP: Sendable {
    let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        let connected = unsafe Self.withAddress(port: port) { address, size in
            unsafe connect(descriptor, address, size)
        }
        try #require(connected == 0)
    }

    init(accepted descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    static func withAddress(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe body(generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// - Returns: false when the other end has closed the connection.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor,
                    buffer.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
                )
            }
            if count > 0 {
                sent += count
            } else {
                guard errno == EAGAIN || errno == EINTR else { return false }
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
        return true
    }

    /// What comes next; nil when the other end has closed the connection, empty when `limit` has passed.
    func receive(within limit: Duration) async -> [UInt8]? {
        let deadline = ContinuousClock.now + limit
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe recv(descriptor, &room, room.count, CInt(MSG_DONTWAIT))
            if count > 0 { return Array(room.prefix(count)) }
            if count == 0 || (errno != EAGAIN && errno != EINTR) { return nil }
            if ContinuousClock.now >= deadline { return [] }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Whether the other end closes the connection.
    func isClosed(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            guard let bytes = await receive(within: deadline - .now) else { return true }
            if bytes.isEmpty { return false }
        }
        return false
    }
}

/// Passes connections on to another port and writes down what clients say.
final class Relay: Sendable {
    let port: UInt16
    private let listener: Int32
    private let heard = Mutex<[UInt8]>([])
    private let work = Mutex<Task<Void, Never>?>(nil)

    init(to target: UInt16) throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        let bound = unsafe RawTCP.withAddress(port: 0) { address, size in unsafe bind(listener, address, size) }
        try #require(bound == 0 && listen(listener, 8) == 0)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe getsockname(listener, generic, &size)
            }
        }
        try #require(named == 0)
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let task = Task { [weak self] in
            while !Task.isCancelled {
                let accepted = Glibc.accept(listener, nil, nil)
                guard accepted >= 0 else {
                    try? await Task.sleep(for: .milliseconds(5))
                    continue
                }
                let client = RawTCP(accepted: accepted)
                guard let server = try? RawTCP(port: target) else { return }
                Task { [weak self] in
                    while let bytes = await client.receive(within: .milliseconds(200)), !Task.isCancelled {
                        self?.heard.withLock { $0 += bytes }
                        guard self != nil, await server.send(bytes) else { return }
                    }
                }
                Task {
                    while let bytes = await server.receive(within: .milliseconds(200)), await client.send(bytes) {}
                }
            }
        }
        work.withLock { $0 = task }
    }

    deinit {
        work.withLock { $0?.cancel() }
        close(listener)
    }

    /// Everything that clients have said.
    var recording: [UInt8] { heard.withLock { $0 } }
}

/// Pieces of ZMTP 3.1, <https://rfc.zeromq.org/spec/37>.
enum ZMTP {
    static func greeting(mechanism: String) -> [UInt8] {
        let name = Array(mechanism.utf8)
        return [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 1] + name + [UInt8](repeating: 0, count: 20 - name.count)
            + [UInt8](repeating: 0, count: 32)
    }

    /// The READY command of a DEALER.
    static var ready: [UInt8] {
        let body = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
        return [0x04, UInt8(body.count)] + body
    }

    /// The head of a frame of `count` bytes.
    static func head(_ count: UInt64, more: Bool = false, command: Bool = false) -> [UInt8] {
        if count < 256 { return [(more ? 1 : 0) | (command ? 4 : 0), UInt8(count)] }
        return longHead(count, more: more, command: command)
    }

    private static func longHead(_ count: UInt64, more: Bool, command: Bool) -> [UInt8] {
        [(more ? 1 : 0) | 2 | (command ? 4 : 0)] + (0..<8).reversed().map { UInt8(count >> ($0 * 8) & 255) }
    }
}
