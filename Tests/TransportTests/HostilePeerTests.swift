import CZeroMQ
import Foundation
import Glibc
import Protocol
import Testing
import Transport

/// A peer that does not use our code: a blocking ZeroMQ socket without any of our limits.
@safe
private final class RawPeer {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer

    init(_ kind: CInt, connecting endpoint: String) throws {
        unsafe context = try #require(unsafe zmq_ctx_new())
        unsafe socket = try #require(unsafe zmq_socket(context, kind))
        var linger: CInt = 0
        var patience: CInt = 5000
        unsafe zmq_setsockopt(socket, ZMQ_LINGER, &linger, 4)
        unsafe zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, 4)
        try #require(unsafe zmq_connect(socket, endpoint) == 0)
    }

    deinit {
        unsafe _ = zmq_close(socket)
        unsafe _ = zmq_ctx_term(context)
    }

    func send(_ parts: [[UInt8]]) {
        for (i, part) in parts.enumerated() {
            unsafe _ = zmq_send(socket, part, part.count, i + 1 < parts.count ? ZMQ_SNDMORE : 0)
        }
    }

    func receive() -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: 4096)
        let size = unsafe zmq_recv(socket, &room, room.count, 0)
        return size < 0 ? nil : Array(room.prefix(Int(size)))
    }
}

struct HostilePeerTests {
    private func check(
        _ server: any ServerChannel,
        stillServes provider: any ChannelProvider
    ) async throws {
        let client = try await provider.client(connecting: server.endpoint, options: .control)
        try await client.send([42])
        let message = try #require(try await server.receive(timeout: .seconds(5)))
        #expect(message.frame == [42])
        try await server.send([43], to: message.peer)
        #expect(try await client.receive(timeout: .seconds(5)) == [43])
        await client.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aMessageOfSeveralFramesIsRefusedAndNamedAndTheConnectionSurvives() async throws {
        try await withWire(.ipc) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let peer = try RawPeer(ZMQ_DEALER, connecting: endpoint)
            peer.send([[1], [2], [3]])
            let reply = try #require(peer.receive())
            guard case .refusal(let refusal) = try EnvelopeCodec.decode(reply).body else {
                Issue.record("not a refusal")
                return
            }
            #expect(refusal.reason == "a message of 3 frames, expected one")
            #expect(server.statistics().refused == 1)
            #expect(server.statistics().lastRefusal == refusal.reason)
            peer.send([[4]])
            #expect(try await server.receive(timeout: .seconds(5))?.frame == [4])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aFrameBeyondTheLimitFromOutsideNeverArrivesAndOthersAreServed() async throws {
        try await withWire(.ipc) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: ChannelOptions(maximumFrameBytes: 1000))
            let peer = try RawPeer(ZMQ_DEALER, connecting: endpoint)
            peer.send([[UInt8](repeating: 1, count: 1001)])
            #expect(try await server.receive(timeout: .milliseconds(300)) == nil)
            try await check(server, stillServes: provider)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPeerOfTheWrongKindIsIgnored() async throws {
        try await withWire(.ipc) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let publisher = try RawPeer(ZMQ_PUB, connecting: endpoint)
            for _ in 0..<10 { publisher.send([[1]]) }
            #expect(try await server.receive(timeout: .milliseconds(100)) == nil)
            try await check(server, stillServes: provider)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func bytesThatAreNotZeroMQDoNoHarm() async throws {
        try await withWire(.tcp) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let port = try #require(UInt16(server.endpoint.split(separator: ":").last ?? ""))
            var random = SystemRandomNumberGenerator()
            for round in 0..<50 {
                var garbage: [UInt8] = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
                // Some begin like a greeting, or ask for a web page.
                if round % 3 == 1 { garbage = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + garbage }
                if round % 3 == 2 { garbage = Array("GET / HTTP/1.1\r\n\r\n".utf8) }
                try pour(garbage, intoPort: port)
            }
            // libzmq takes some of it for the first version of its protocol, which had no greeting; whatever
            // comes through that way is refused by the codec.
            while let message = try await server.receive(timeout: .milliseconds(200)) {
                #expect(throws: ProtocolError.self) { try EnvelopeCodec.decode(message.frame) }
            }
            try await check(server, stillServes: provider)
        }
    }

    private func pour(_ bytes: [UInt8], intoPort port: UInt16) throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        unsafe _ = Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }
}

struct EndpointTests {
    @Test(arguments: [
        ("udp://127.0.0.1:1", "expected ipc://PATH or tcp://HOST:PORT"),
        ("ipc://", "there is no path after ipc://"),
        ("tcp://::1:5000", "an IPv6 address is written in brackets: tcp://[::1]:PORT"),
        ("tcp://127.0.0.1:70000", "'70000' is not a port (0 to 65535, or *)"),
        (
            "tcp://192.0.2.1:5000",
            "without keys TCP is for the loopback interface only (127.0.0.1, [::1]), and '192.0.2.1' is not on it"
        ),
        (
            "ipc:///" + String(repeating: "a", count: 107),
            "the path has 108 bytes, a Unix socket takes 107; use a shorter directory"
        ),
    ])
    func anEndpointThatCannotWorkIsRefusedWithTheReason(endpoint: String, reason: String) async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let expected = TransportError.badEndpoint(endpoint: endpoint, reason: reason)
        await #expect(throws: expected) { _ = try await transport.server(binding: endpoint, options: .control) }
        await #expect(throws: expected) { _ = try await transport.client(connecting: endpoint, options: .control) }
        await transport.close()
    }

    @Test func aDirectoryThatIsNotThereIsNamed() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        await #expect(
            throws: TransportError.badEndpoint(
                endpoint: "ipc:///nonexistent/s",
                reason: "No such file or directory"
            )
        ) { _ = try await transport.server(binding: "ipc:///nonexistent/s", options: .control) }
        await transport.close()
    }

    @Test(.timeLimit(.minutes(1))) func closingATransportClosesItsChannelsAndEndsItsThread() async throws {
        for _ in 0..<60 {
            let transport = try ZeroMQTransport(security: .plainLoopback)
            let server = try await transport.server(binding: "tcp://127.0.0.1:*", options: .control)
            let waiting = Task { _ = try await server.receive(timeout: nil) }
            await transport.close()
            #expect(await failure(of: waiting) == .closed)
            await #expect(throws: TransportError.closed) {
                _ = try await transport.server(binding: "tcp://127.0.0.1:*", options: .control)
            }
        }
        // Three threads each would be 180; other tests run at the same time and have some of their own.
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        #expect(threads < 120)
    }
}
