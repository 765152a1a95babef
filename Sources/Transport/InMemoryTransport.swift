import Synchronization

/// What an in-memory transport does to frames on their way, for tests.
package struct InMemoryFaults: Sendable {
    /// Share of frames that never arrive, 0 to 1.
    package var dropped = 0.0
    /// Share of frames that arrive twice, 0 to 1.
    package var duplicated = 0.0
    /// Frames are held back for up to this long, and so overtake one another.
    package var delay: Duration = .zero
    /// The same seed makes the same choices.
    package var seed: UInt64 = 1

    package init() {}
}

/// Channels within one process, with the promises of ZeroMQ and no more: bounded, and lossy when told to be.
package final class InMemoryTransport: ChannelProvider {
    private let hub: InMemoryHub

    package init(faults: InMemoryFaults = InMemoryFaults()) { hub = InMemoryHub(faults: faults) }

    /// Changes what happens to frames sent from now on.
    package func setFaults(_ faults: InMemoryFaults) { hub.setFaults(faults) }

    package func server(
        binding endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any ServerChannel {
        let server = InMemoryServer(hub: hub, endpoint: endpoint, options: options)
        try hub.bind(server)
        return server
    }

    package func client(
        connecting endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any ClientChannel {
        InMemoryClient(hub: hub, endpoint: endpoint, options: options, serial: hub.connect())
    }

    package func publisher(
        binding endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any AnnouncementPublisher {
        InMemoryPublisher(topic: hub.topic(endpoint), endpoint: endpoint, limit: options.maximumFrameBytes)
    }

    package func subscriber(
        connecting endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any AnnouncementSubscriber {
        let subscriber = InMemorySubscriber(capacity: options.highWaterMark)
        hub.topic(endpoint).add(subscriber)
        return subscriber
    }

    package func close() async { hub.closeAll() }
}

/// Who is bound where, and the dice.
private final class InMemoryHub: Sendable {
    fileprivate struct State {
        var servers: [String: InMemoryServer] = [:]
        var topics: [String: InMemoryTopic] = [:]
        var nextSerial: UInt64 = 0
        var faults: InMemoryFaults
        var random: UInt64
    }

    private let state: Mutex<State>

    init(faults: InMemoryFaults) { state = Mutex(State(faults: faults, random: faults.seed)) }

    func setFaults(_ faults: InMemoryFaults) {
        state.withLock { state in
            state.faults = faults
            state.random = faults.seed
        }
    }

    func bind(_ server: InMemoryServer) throws(TransportError) {
        let free = state.withLock { state in
            guard state.servers[server.endpoint] == nil else { return false }
            state.servers[server.endpoint] = server
            return true
        }
        guard free else { throw .addressInUse(endpoint: server.endpoint) }
    }

    func unbind(_ server: InMemoryServer) {
        state.withLock { state in
            if state.servers[server.endpoint] === server { state.servers[server.endpoint] = nil }
        }
    }

    func server(at endpoint: String) -> InMemoryServer? { state.withLock { $0.servers[endpoint] } }

    func connect() -> UInt64 {
        state.withLock { state in
            state.nextSerial += 1
            return state.nextSerial
        }
    }

    func topic(_ endpoint: String) -> InMemoryTopic {
        state.withLock { state in
            if let topic = state.topics[endpoint] { return topic }
            let topic = InMemoryTopic()
            state.topics[endpoint] = topic
            return topic
        }
    }

    func closeAll() {
        let servers = state.withLock { Array($0.servers.values) }
        for server in servers { server.shut() }
    }

    /// Calls `arrive` as often, and as late, as the faults have it.
    func deliver(_ arrive: @escaping @Sendable () -> Void) {
        let (copies, delays) = state.withLock { state -> (Int, [Duration]) in
            if state.uniform() < state.faults.dropped { return (0, []) }
            let copies = state.uniform() < state.faults.duplicated ? 2 : 1
            guard state.faults.delay > .zero else { return (copies, []) }
            return (copies, (0..<copies).map { _ in state.faults.delay * state.uniform() })
        }
        guard !delays.isEmpty else {
            for _ in 0..<copies { arrive() }
            return
        }
        for delay in delays {
            Task {
                try? await Task.sleep(for: delay)
                arrive()
            }
        }
    }
}

extension InMemoryHub.State {
    /// SplitMix64.
    fileprivate mutating func uniform() -> Double {
        random &+= 0x9E37_79B9_7F4A_7C15
        var z = random
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }
}

private final class InMemoryServer: ServerChannel {
    private let hub: InMemoryHub
    let endpoint: String
    private let limit: Int
    private let mailbox: Mailbox<(peer: PeerID, frame: [UInt8])>
    private let clients = Mutex<[PeerID: InMemoryClient]>([:])
    private let counters = ChannelCounters()
    /// Sets a restarted server apart, so that it knows nobody.
    private let generation: UInt64

    init(hub: InMemoryHub, endpoint: String, options: ChannelOptions) {
        self.hub = hub
        self.endpoint = endpoint
        limit = options.maximumFrameBytes
        mailbox = Mailbox(capacity: options.highWaterMark)
        generation = hub.connect()
    }

    /// Takes a frame from `client`; false when there is no room now.
    func accept(_ frame: [UInt8], from client: InMemoryClient) -> Bool {
        let peer = PeerID(
            bytes: [generation, client.serial].flatMap { word in (0..<8).map { UInt8(word >> ($0 * 8) & 255) } }
        )
        clients.withLock { $0[peer] = client }
        guard !mailbox.isFull else { return false }
        guard frame.count <= limit else {
            counters.update { statistics in
                statistics.refused += 1
                statistics.lastRefusal = "frame of \(frame.count) bytes, the limit is \(limit)"
            }
            return true
        }
        hub.deliver { [mailbox, counters] in
            guard mailbox.offer((peer, frame)) else { return }
            counters.update { statistics in
                statistics.framesReceived += 1
                statistics.bytesReceived += frame.count
            }
        }
        return true
    }

    func forget(_ client: InMemoryClient) {
        clients.withLock { clients in clients = clients.filter { $0.value !== client } }
    }

    func receive(timeout: Duration?) async throws(TransportError) -> (peer: PeerID, frame: [UInt8])? {
        try await mailbox.take(timeout: timeout)
    }

    func send(_ frame: [UInt8], to peer: PeerID) async throws(TransportError) {
        guard frame.count <= limit else { throw .oversizedFrame(bytes: frame.count, limit: limit) }
        guard hub.server(at: endpoint) === self else { throw .closed }
        guard let client = clients.withLock({ $0[peer] }) else { throw .peerUnreachable(peer) }
        guard client.accept(frame) else { throw .peerBusy(peer) }
        counters.update { statistics in
            statistics.framesSent += 1
            statistics.bytesSent += frame.count
        }
    }

    func statistics() -> ChannelStatistics { counters.snapshot }

    func shut() {
        hub.unbind(self)
        mailbox.close()
    }

    func close() async { shut() }
}

private final class InMemoryClient: ClientChannel {
    private let hub: InMemoryHub
    private let endpoint: String
    private let limit: Int
    let serial: UInt64
    private let mailbox: Mailbox<[UInt8]>
    private let counters = ChannelCounters()
    private let closed = Atomic(false)

    init(hub: InMemoryHub, endpoint: String, options: ChannelOptions, serial: UInt64) {
        self.hub = hub
        self.endpoint = endpoint
        self.serial = serial
        limit = options.maximumFrameBytes
        mailbox = Mailbox(capacity: options.highWaterMark)
    }

    func accept(_ frame: [UInt8]) -> Bool {
        guard !mailbox.isFull else { return false }
        hub.deliver { [mailbox, counters] in
            guard mailbox.offer(frame) else { return }
            counters.update { statistics in
                statistics.framesReceived += 1
                statistics.bytesReceived += frame.count
            }
        }
        return true
    }

    func send(_ frame: [UInt8], timeout: Duration?) async throws(TransportError) {
        guard frame.count <= limit else { throw .oversizedFrame(bytes: frame.count, limit: limit) }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        while true {
            if closed.load(ordering: .relaxed) { throw .closed }
            if let server = hub.server(at: endpoint), server.accept(frame, from: self) { break }
            if let deadline, ContinuousClock.now >= deadline { throw .timeout }
            // A double may poll where the real one is woken.
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else { throw .cancelled }
        }
        counters.update { statistics in
            statistics.framesSent += 1
            statistics.bytesSent += frame.count
        }
    }

    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]? {
        try await mailbox.take(timeout: timeout)
    }

    func statistics() -> ChannelStatistics { counters.snapshot }

    func close() async {
        closed.store(true, ordering: .relaxed)
        hub.server(at: endpoint)?.forget(self)
        mailbox.close()
    }
}

private final class InMemoryTopic: Sendable {
    private struct State {
        var latest: [UInt8]?
        var subscribers: [InMemorySubscriber] = []
    }

    private let state = Mutex(State())

    func add(_ subscriber: InMemorySubscriber) {
        let latest = state.withLock { state in
            state.subscribers.append(subscriber)
            return state.latest
        }
        if let latest { subscriber.hear(latest) }
    }

    func publish(_ frame: [UInt8]) {
        let subscribers = state.withLock { state in
            state.latest = frame
            return state.subscribers
        }
        for subscriber in subscribers { subscriber.hear(frame) }
    }
}

private final class InMemoryPublisher: AnnouncementPublisher {
    private let topic: InMemoryTopic
    let endpoint: String
    private let limit: Int

    init(topic: InMemoryTopic, endpoint: String, limit: Int) {
        self.topic = topic
        self.endpoint = endpoint
        self.limit = limit
    }

    func publish(_ frame: [UInt8]) async throws(TransportError) {
        guard frame.count <= limit else { throw .oversizedFrame(bytes: frame.count, limit: limit) }
        topic.publish(frame)
    }

    func close() async {}
}

private final class InMemorySubscriber: AnnouncementSubscriber {
    private let mailbox: Mailbox<[UInt8]>
    private let latest = Mutex<[UInt8]?>(nil)

    init(capacity: Int) { mailbox = Mailbox(capacity: capacity) }

    func hear(_ frame: [UInt8]) {
        let isNew = latest.withLock { latest in
            defer { latest = frame }
            return latest != frame
        }
        if isNew { mailbox.offer(frame) }
    }

    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]? {
        try await mailbox.take(timeout: timeout)
    }

    func close() async { mailbox.close() }
}
