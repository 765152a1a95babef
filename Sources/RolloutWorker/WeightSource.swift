internal import Dispatching
internal import Glibc
package import Transport

/// Where a worker has its weights from: the learner, or what shares one copy among several workers.
package struct WeightSource: Sendable {
    /// Where the workers of this host share weights; empty: where the learner says, if it does.
    ///
    /// The first worker that listens there fetches them, and the others get them from it.
    package var relay = ""
    /// The relay from which they come; empty: the learner.
    package var upstream = ""
    /// Knows the socket that a worker listens at, to remove it when the process is ended.
    package var files = SocketFiles()

    package init(relay: String = "", upstream: String = "", files: SocketFiles = SocketFiles()) {
        self.relay = relay
        self.upstream = upstream
        self.files = files
    }

    /// The connections of a worker.
    struct Connections {
        var channel: any ClientChannel
        /// To the learner, should a relay be silent.
        var direct: (any ClientChannel)?
        /// What this worker may serve itself, as soon as nobody else does.
        var share: WeightShare?
    }

    /// - Parameters:
    ///   - learner: the learner's endpoint for weights.
    ///   - shared: where the learner would have the workers of a host share weights, if nothing else was said; nil: nowhere.
    ///   - provider: opens the channels.
    ///   - runID: of the run.
    ///   - report: for people.
    /// - Returns: the connections, and what this worker serves itself.
    /// - Throws: what the provider throws for an endpoint that cannot be used.
    func open(
        learner: String,
        shared: String?,
        provider: any ChannelProvider,
        runID: [UInt8],
        report: @escaping @Sendable (String) -> Void
    ) async throws -> Connections {
        let direct = try await provider.client(connecting: learner, options: .bulk)
        let relay = relay.isEmpty && upstream.isEmpty ? Self.place(shared) : relay
        guard !relay.isEmpty || !upstream.isEmpty else { return Connections(channel: direct) }
        var share: WeightShare?
        if !relay.isEmpty {
            share = WeightShare(
                place: relay,
                sources: WeightRoute(learner: learner, relay: upstream),
                provider: provider,
                runID: runID,
                files: files,
                report: report
            )
            await share?.listen()
        }
        let channel = try await provider.client(connecting: relay.isEmpty ? upstream : relay, options: .relay)
        return Connections(channel: channel, direct: direct, share: share)
    }

    /// The socket of this user; only ever one of this host.
    private static func place(_ shared: String?) -> String {
        guard let shared, shared.hasPrefix("ipc://") else { return "" }
        // Names differ, from run to run, in what comes after the last hyphen, and then in the user.
        let path = shared.dropFirst("ipc://".count)
        if let hyphen = path.lastIndex(of: "-") { SocketFiles.sweep(prefix: path[...hyphen], suffix: "-\(getuid())") }
        return "\(shared)-\(getuid())"
    }
}

/// Where a relay has weights from: another relay, if there is one, and else the learner.
struct WeightRoute: Sendable {
    var learner: String
    /// Empty: there is none.
    var relay = ""

    /// - Throws: what the provider throws for an endpoint that cannot be used.
    func open(_ provider: any ChannelProvider) async throws(TransportError) -> [WeightRelay.Source] {
        var sources: [WeightRelay.Source] = []
        if !relay.isEmpty {
            sources.append(
                .init("the relay at \(relay)", try await provider.client(connecting: relay, options: .relay))
            )
        }
        sources.append(.init("the learner", try await provider.client(connecting: learner, options: .bulk)))
        return sources
    }
}

/// The relay that one of the workers of a host runs for all of them.
actor WeightShare {
    private let place: String
    private let route: WeightRoute
    private let provider: any ChannelProvider
    private let runID: [UInt8]
    private let files: SocketFiles
    private let report: @Sendable (String) -> Void
    private var serving: Task<Void, Never>?

    /// - Parameters:
    ///   - place: where the workers of the host connect.
    ///   - sources: where the weights come from.
    ///   - provider: opens the channels.
    ///   - runID: of the run.
    ///   - files: is told of the socket.
    ///   - report: for people.
    init(
        place: String,
        sources: WeightRoute,
        provider: any ChannelProvider,
        runID: [UInt8],
        files: SocketFiles,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.place = place
        route = sources
        self.provider = provider
        self.runID = runID
        self.files = files
        self.report = report
    }

    /// Serves from now on, unless another worker does, or this one does already.
    func listen() async {
        guard serving == nil else { return }
        let channel: any ServerChannel
        let sources: [WeightRelay.Source]
        do throws(TransportError) {
            channel = try await provider.server(binding: place, options: .relay)
            files.opened(channel.endpoint)
            sources = try await route.open(provider)
        } catch {
            if case .addressInUse = error { return }
            // Weights come from the learner as well.
            return report("no relay of weights at \(place): \(error)")
        }
        let say: @Sendable (String) -> Void = { [report] in report("relay of weights: \($0)") }
        let relay = WeightRelay(listeners: [.init(channel)], sources: sources, runID: runID, report: say)
        say("the workers at \(channel.endpoint) get what \(sources[0].name) sends")
        serving = Task { [files] in
            do { try await relay.run() } catch { say("it ended: \(error)") }
            await channel.close()
            files.closed(channel.endpoint)
        }
    }

    /// Serves no more.
    func stop() {
        serving?.cancel()
        serving = nil
    }
}
