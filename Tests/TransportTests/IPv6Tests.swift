import Glibc
import Testing
import Transport

/// Whether this machine has the loopback address of version 6; some containers have not.
private let hasIPv6: Bool = {
    let descriptor = socket(AF_INET6, CInt(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { Glibc.close(descriptor) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
        }
    }
}()

struct IPv6Tests {
    @Test(.enabled(if: hasIPv6), .timeLimit(.minutes(1)), arguments: [false, true])
    func everyPlaneCarriesMessagesOverIPv6(keyed: Bool) async throws {
        let keys = try Keys()
        let log = Log()
        let server = keyed ? try keys.server(log: log) : try ZeroMQTransport(security: .plainLoopback)
        for plane in [Plane.control, .bulk, .programs, .executors] {
            let channel = try await server.server(binding: "tcp://[::1]:*", options: plane.options)
            #expect(channel.endpoint.hasPrefix("tcp://[::1]:"))
            let role: PeerRole = plane == .executors ? .executor : .rollout
            let own = keyed ? try keys.transport([role]) : try ZeroMQTransport(security: .plainLoopback)
            let client = try await own.client(connecting: channel.endpoint, options: plane.options)
            try await client.send([1, 2, 3], timeout: .seconds(20))
            let message = try #require(try await channel.receive(timeout: .seconds(20)))
            #expect(message.frame == [1, 2, 3])
            try await channel.send([4], to: message.peer)
            #expect(try await client.receive(timeout: .seconds(20)) == [4])
            await own.close()
        }
        let publisher = try await server.publisher(binding: "tcp://[::1]:*", options: .announcements)
        let own = keyed ? try keys.transport([.rollout]) : try ZeroMQTransport(security: .plainLoopback)
        let subscriber = try await own.subscriber(connecting: publisher.endpoint, options: .announcements)
        try await publisher.publish([5])
        #expect(try await subscriber.receive(timeout: .seconds(20)) == [5])
        await own.close()
        await server.close()
    }

    @Test func anAddressOfEveryInterfaceIsRefused() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        await #expect(throws: TransportError.self) {
            _ = try await transport.server(binding: "tcp://[::]:5000", options: .control)
        }
        await transport.close()
    }
}
