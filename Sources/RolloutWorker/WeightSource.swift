internal import Dispatching
internal import Glibc
internal import Transport

/// Where a worker has its weights from: the learner, or what shares one copy among several workers.
package struct WeightSource: Sendable {
    /// Where the workers of this host share weights; empty: where the learner says, if it does.
    ///
    /// The first worker that listens there fetches them, and the others get them from it.
    package var relay = ""
    /// The relay from which they come; empty: the learner.
    package var upstream = ""

    package init(relay: String = "", upstream: String = "") {
        self.relay = relay
        self.upstream = upstream
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
            let source = upstream.isEmpty ? learner : upstream
            share = WeightShare(place: relay, source: source, provider: provider, runID: runID, report: report)
            await share?.listen()
        }
        let channel = try await provider.client(connecting: relay.isEmpty ? upstream : relay, options: .bulk)
        return Connections(channel: channel, direct: direct, share: share)
    }

    /// The socket of this user; only ever one of this host.
    private static func place(_ shared: String?) -> String {
        guard let shared, shared.hasPrefix("ipc://") else { return "" }
        return "\(shared)-\(getuid())"
    }
}

/// The relay that one of the workers of a host runs for all of them.
actor WeightShare {
    private let place: String
    private let source: String
    private let provider: any ChannelProvider
    private let runID: [UInt8]
    private let report: @Sendable (String) -> Void
    private var serving: Task<Void, Never>?

    /// - Parameters:
    ///   - place: where the workers of the host connect.
    ///   - source: the learner, or another relay.
    ///   - provider: opens the channels.
    ///   - runID: of the run.
    ///   - report: for people.
    init(
        place: String,
        source: String,
        provider: any ChannelProvider,
        runID: [UInt8],
        report: @escaping @Sendable (String) -> Void
    ) {
        self.place = place
        self.source = source
        self.provider = provider
        self.runID = runID
        self.report = report
    }

    /// Serves from now on, unless another worker does, or this one does already.
    func listen() async {
        guard serving == nil else { return }
        let channel: any ServerChannel
        let upstream: any ClientChannel
        do throws(TransportError) {
            channel = try await provider.server(binding: place, options: .bulk)
            upstream = try await provider.client(connecting: source, options: .bulk)
        } catch {
            if case .addressInUse = error { return }
            // Weights come from the learner as well.
            return report("no relay of weights at \(place): \(error)")
        }
        let say: @Sendable (String) -> Void = { [report] in report("relay of weights: \($0)") }
        let relay = WeightRelay(channel: channel, upstream: upstream, runID: runID, report: say)
        say("the workers at \(channel.endpoint) get what \(source) sends")
        serving = Task {
            do { try await relay.run() } catch { say("it ended: \(error)") }
            await channel.close()
        }
    }

    /// Serves no more.
    func stop() {
        serving?.cancel()
        serving = nil
    }
}
