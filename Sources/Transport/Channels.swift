import Protocol

/// The name a server channel knows a connection by; a peer that reconnects gets a new one.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package var description: String {
        // A peer of the oldest protocol version may choose 255 bytes; nobody reads that many.
        bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + (bytes.count > 8 ? "…" : "")
    }
}

/// What a channel has carried so far.
package struct ChannelStatistics: Sendable, Equatable {
    package var framesReceived = 0
    package var framesSent = 0
    package var bytesReceived = 0
    package var bytesSent = 0
    /// Messages that were not a single frame within the limit; they were dropped and their senders told.
    package var refused = 0
    /// Why the last of them was.
    package var lastRefusal: String?

    package init() {}
}

/// The side that many peers connect to.
///
/// Frames of one peer arrive in order. Any frame may be lost, with its peer: promises are made above this layer.
package protocol ServerChannel: Sendable {
    /// The endpoint clients connect to, an ephemeral port resolved.
    var endpoint: String { get }

    /// The next frame and its sender.
    ///
    /// - Returns: nil when `timeout` passes first.
    /// - Throws: `.cancelled`, `.closed`.
    func receive(timeout: Duration?) async throws(TransportError) -> (peer: PeerID, frame: [UInt8])?

    /// Hands `frame` to the connection of `peer`, without waiting for room.
    ///
    /// - Throws: `.peerUnreachable`, `.peerBusy`, `.oversizedFrame`, `.closed`.
    func send(_ frame: [UInt8], to peer: PeerID) async throws(TransportError)

    /// Hands `frame` to the connection of `peer`, without waiting for room, and without copying it where that can be had.
    ///
    /// - Throws: `.peerUnreachable`, `.peerBusy`, `.oversizedFrame`, `.closed`.
    func send(_ frame: SharedFrame, to peer: PeerID) async throws(TransportError)

    func statistics() -> ChannelStatistics

    /// Stops listening; whoever waits gets `.closed`.
    func close() async
}

/// The side that connects to one server, and reconnects by itself.
package protocol ClientChannel: Sendable {
    /// Sends `frame`, waiting for a connection and for room.
    ///
    /// - Throws: `.timeout`, `.cancelled`, `.oversizedFrame`, `.closed`.
    func send(_ frame: [UInt8], timeout: Duration?) async throws(TransportError)

    /// The next frame from the server.
    ///
    /// - Returns: nil when `timeout` passes first.
    /// - Throws: `.cancelled`, `.closed`.
    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]?

    /// The next frame from the server, left where it was received where that can be had.
    ///
    /// - Returns: nil when `timeout` passes first.
    /// - Throws: `.cancelled`, `.closed`.
    func receiveFrame(timeout: Duration?) async throws(TransportError) -> ReceivedFrame?

    func statistics() -> ChannelStatistics

    /// Disconnects, allowing 200 ms for what is on its way; whoever waits gets `.closed`.
    func close() async
}

extension ServerChannel {
    package func send(_ frame: SharedFrame, to peer: PeerID) async throws(TransportError) {
        try await send(frame.bytes, to: peer)
    }
}

extension ClientChannel {
    package func receiveFrame(timeout: Duration?) async throws(TransportError) -> ReceivedFrame? {
        try await receive(timeout: timeout).map(ReceivedFrame.init)
    }

    /// Sends `frame`, waiting without limit for a connection and for room.
    package func send(_ frame: [UInt8]) async throws(TransportError) { try await send(frame, timeout: nil) }
}

/// Tells any number of subscribers the newest state of something.
///
/// The newest announcement is kept, and every new subscriber gets it at once.
package protocol AnnouncementPublisher: Sendable {
    /// The endpoint subscribers connect to, an ephemeral port resolved.
    var endpoint: String { get }

    func publish(_ frame: [UInt8]) async throws(TransportError)

    func close() async
}

/// Hears announcements; an announcement equal to the one before it is not repeated.
package protocol AnnouncementSubscriber: Sendable {
    /// The next announcement.
    ///
    /// - Returns: nil when `timeout` passes first.
    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]?

    func close() async
}

/// How a channel is set up.
package struct ChannelOptions: Sendable {
    /// What the channel is for; over TCP it decides whose keys open it.
    package var plane: Plane?
    /// Largest frame in either direction, bytes.
    package var maximumFrameBytes: Int
    /// Frames that may wait on either side of one connection.
    package var highWaterMark = 1000
    /// Frames that a client receives stay in libzmq's memory until they are read, instead of being copied: for large ones.
    package var keepsFramesInPlace = false
    /// How often a connection over TCP is checked; whole seconds, at least one.
    package var heartbeatInterval: Duration = .milliseconds(500)
    /// Silence of the other host after which a connection counts as dead; whole seconds, at least two.
    package var heartbeatTimeout: Duration = .milliseconds(1500)

    package init(maximumFrameBytes: Int, plane: Plane? = nil) {
        self.maximumFrameBytes = maximumFrameBytes
        self.plane = plane
    }
}

/// A maker of channels: ZeroMQ, or an in-memory double.
package protocol ChannelProvider: Sendable {
    func server(binding endpoint: String, options: ChannelOptions) async throws(TransportError) -> any ServerChannel
    func client(connecting endpoint: String, options: ChannelOptions) async throws(TransportError) -> any ClientChannel
    func publisher(
        binding endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any AnnouncementPublisher
    func subscriber(
        connecting endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any AnnouncementSubscriber

    /// Closes every channel and gives everything back to the system.
    func close() async
}

extension ChannelOptions {
    /// Leases, results and their acks.
    package static var control: ChannelOptions {
        ChannelOptions(maximumFrameBytes: ProtocolLimits.controlFrameBytes, plane: .control)
    }
    /// Jobs of clients, and verdicts.
    package static var execution: ChannelOptions {
        ChannelOptions(maximumFrameBytes: ProtocolLimits.executionFrameBytes, plane: .programs)
    }
    /// Jobs for executors, and verdicts.
    package static var executors: ChannelOptions {
        ChannelOptions(maximumFrameBytes: ProtocolLimits.executionFrameBytes, plane: .executors)
    }
    /// Weight chunks.
    ///
    /// A heartbeat must not kill a connection on which a chunk is still arriving, so it is patient.
    package static var bulk: ChannelOptions {
        var options = ChannelOptions(maximumFrameBytes: ProtocolLimits.bulkFrameBytes, plane: .bulk)
        options.highWaterMark = 64
        options.keepsFramesInPlace = true
        options.heartbeatInterval = .seconds(2)
        options.heartbeatTimeout = .seconds(10)
        return options
    }
    /// Weight chunks, of a relay.
    package static var relay: ChannelOptions {
        var options = ChannelOptions.bulk
        options.plane = .relay
        return options
    }
    /// Announcements of new weights.
    package static var announcements: ChannelOptions {
        ChannelOptions(maximumFrameBytes: ProtocolLimits.announcementFrameBytes, plane: .announcements)
    }
}
