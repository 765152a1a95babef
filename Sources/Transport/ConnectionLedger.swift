/// Who is connected to a server over TCP, and how much of what came from each is still held by libzmq.
///
/// libzmq keeps the parts of a message until its last one, however many come: neither the limit on a frame nor the one on
/// waiting messages counts them. So what the kernel has received on a connection is compared with the moment at which the
/// connection last gave a whole message; one that has sent more than a frame since then is cut.
package struct ConnectionLedger {
    private struct Connection {
        var address: String
        /// Bytes the kernel had received when everything before was known to be delivered.
        var settled: UInt64 = 0
        var hasDelivered = false
    }

    private var connections: [Int32: Connection] = [:]
    private let limit: UInt64

    /// Beyond one frame: what the kernel may hold, and what comes between two looks.
    package static let margin = 32 << 20

    /// - Parameter maximumFrameBytes: the limit on a frame.
    package init(maximumFrameBytes: Int) { limit = UInt64(maximumFrameBytes + Self.margin) }

    package var count: Int { connections.count }

    package mutating func opened(_ descriptor: Int32, address: String) {
        connections[descriptor] = Connection(address: address)
    }

    /// - Returns: the address of the peer.
    package mutating func closed(_ descriptor: Int32) -> String? {
        connections.removeValue(forKey: descriptor)?.address
    }

    package mutating func delivered(_ descriptor: Int32) { connections[descriptor]?.hasDelivered = true }

    package func address(of descriptor: Int32) -> String? { connections[descriptor]?.address }

    /// The connections that hold too much.
    ///
    /// - Parameters:
    ///   - isDrained: everything whole has been taken from libzmq since the last look.
    ///   - received: bytes the kernel has received on a descriptor.
    /// - Returns: each with its peer and the bytes since it last gave a whole message.
    package mutating func overdue(
        isDrained: Bool,
        received: (Int32) -> UInt64?
    ) -> [(descriptor: Int32, address: String, bytes: UInt64)] {
        var overdue: [(descriptor: Int32, address: String, bytes: UInt64)] = []
        for (descriptor, connection) in connections {
            guard let bytes = received(descriptor) else { continue }
            if connection.hasDelivered || !isDrained || bytes < connection.settled {
                connections[descriptor]?.settled = bytes
                connections[descriptor]?.hasDelivered = false
            } else if bytes - connection.settled > limit {
                overdue.append((descriptor, connection.address, bytes - connection.settled))
            }
        }
        return overdue
    }
}
