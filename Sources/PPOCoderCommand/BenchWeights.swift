import ArgumentParser
import Determinism
import Dispatching
import Foundation
import Learner
import Protocol
import Telemetry
import Tensors
import Transformer
import Transport

/// `ppocoder bench weights`: one version of the weights to several receivers, over TCP on the loopback interface.
struct BenchWeightsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights",
        abstract: "Sends weights to several receivers: seconds and bytes of every way in which they can travel.",
        discussion: """
            Medians of the rounds, in which the rows take turns. With --peer, a program that does the same with bare ZeroMQ and \
            checks nothing (Benchmarks/weights) takes turns too; times_bare is the median of each round's ratio to it. Where one \
            receiver is slow, it waits 15 ms after every chunk, and the seconds are those of the others.
            """
    )

    @Option(help: "Size of the weights, megabytes of float32.")
    var megabytes = 240

    @Option(help: "Receivers.")
    var receivers = 4

    @Option(help: "Rounds of every row; they take turns.")
    var rounds = 3

    @Option(help: ArgumentHelp("The bare program, compiled.", valueName: "file"))
    var peer: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Model directories of two versions in a row, repeated up to the size; none: an Adam-like step of random weights.",
            valueName: "directory"
        )
    )
    var versions: [String] = []

    @Option(help: ArgumentHelp("Folder of keys: also a row over CURVE.", valueName: "folder"))
    var keys: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only rows of these names, such as fp32 or \"bare C\"; none: all.", valueName: "name")
    )
    var only: [String] = []

    @Flag(help: "Print the figures as JSON on stdout.")
    var json = false

    func validate() throws {
        guard megabytes > 0, receivers > 1, rounds > 0 else {
            throw ValidationError("--megabytes and --rounds must be 1 or more, --receivers 2 or more")
        }
        guard versions.isEmpty || versions.count == 2 else {
            throw ValidationError("--versions takes two directories, the older version first")
        }
    }

    private struct Outcome {
        var seconds: Double
        var cpuSeconds: Double
        /// To each receiver.
        var bytes: Int
    }

    func run() async throws {
        let (old, new) = try pair()
        let rounded = (old: old.map(roundedToBFloat16), new: new.map(roundedToBFloat16))
        var outcomes: [String: [Outcome]] = [:]
        var names: [String] = []
        func row(_ name: String, _ measure: () async throws -> Outcome) async throws {
            guard only.isEmpty || only.contains(name) else { return }
            let outcome = try await measure()
            if outcomes[name] == nil { names.append(name) }
            outcomes[name, default: []].append(outcome)
        }
        for round in 1...rounds {
            writeNotice("bench weights: round \(round) of \(rounds)")
            if let peer { try await row("bare C") { try runPeer(peer) } }
            try await row("fp32") { try await send(new) }
            try await row("bf16") { try await send(rounded.new) }
            try await row("delta") { try await send(new, base: old) }
            try await row("bf16_delta") { try await send(rounded.new, base: rounded.old) }
            try await row("fp32, one receiver less") { try await send(new, to: receivers - 1) }
            if let peer { try await row("bare C, one slow") { try runPeer(peer, slow: true) } }
            try await row("fp32, one slow") { try await send(new, slow: true) }
            if keys != nil { try await row("fp32 over CURVE") { try await send(new, overCurve: true) } }
        }
        var figures = BenchFigures(
            bench: "weights",
            columns: [
                ("seconds", 2), ("cpu_s", 2), ("megabytes_each", 1), ("times_bare", 2), ("times_without_slow", 2),
            ]
        )
        for name in names {
            guard let all = outcomes[name] else { continue }
            var row = [
                "seconds": Self.median(all.map(\.seconds)), "cpu_s": Self.median(all.map(\.cpuSeconds)),
                "megabytes_each": Double(all[0].bytes) / 1e6,
            ]
            for (i, outcome) in all.enumerated() {
                row["seconds_\(i + 1)"] = outcome.seconds
                row["cpu_s_\(i + 1)"] = outcome.cpuSeconds
            }
            let isSlow = name.hasSuffix("one slow")
            func compare(to other: String, as key: String, _ value: (Outcome) -> Double) {
                guard let others = outcomes[other], other != name else { return }
                row[key] = Self.median(zip(all, others).map { value($0) / value($1) })
            }
            if !name.hasSuffix("less") {
                compare(to: isSlow ? "bare C, one slow" : "bare C", as: "times_bare", \.seconds)
                compare(to: isSlow ? "bare C, one slow" : "bare C", as: "cpu_times_bare", \.cpuSeconds)
            }
            if name == "fp32, one slow" {
                compare(to: "fp32, one receiver less", as: "times_without_slow", \.seconds)
            }
            figures.rows.append(.init(name: name, figures: row))
        }
        try figures.report(json: json)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// Two versions in a row.
    private func pair() throws -> (old: [Float], new: [Float]) {
        let count = megabytes * 1_000_000 / 4
        if versions.count == 2 {
            let models = try versions.map { try PolicyModel.load(from: $0).parameters.buffer }
            guard models[0].count == models[1].count else {
                throw BenchError(text: "\(versions[0]) and \(versions[1]) are models of different sizes")
            }
            let all = models.map { model in (0..<count).map { unsafe model.base[$0 % model.count] } }
            return (all[0], all[1])
        }
        // About normal, of standard deviation 0.02, as the weights of a model are.
        var generator = RandomKey(seed: 1, path: 0x7765_6967).generator()
        let old = (0..<count).map { _ in
            let bits = generator.next()
            let sum = (0..<4).reduce(Float(0)) { sum, i in
                sum + Float(UInt16(truncatingIfNeeded: bits >> (16 * UInt64(i)))) / 65_536 - 0.5
            }
            return sum * 0.0346
        }
        // Adam moves every weight by about the learning rate, here 1e-5, one way or the other.
        return (old, old.map { $0 + (generator.next() & 1 == 0 ? 1e-5 : -1e-5) })
    }

    private func security(_ roles: [PeerRole], _ overCurve: Bool) throws -> TransportSecurity {
        try TransportSecurity(keys: overCurve ? keys ?? "" : "", insecure: true, roles: roles) { _ in }
    }

    /// - Returns: seconds until the last receiver had everything; with a slow one, the last of the others.
    private func send(
        _ weights: [Float],
        base: [Float]? = nil,
        to count: Int? = nil,
        slow: Bool = false,
        overCurve: Bool = false
    ) async throws -> Outcome {
        let provider = try ZeroMQTransport(security: security([.learner, .dispatcher], overCurve))
        let channel = try await provider.server(binding: "tcp://127.0.0.1:*", options: .bulk)
        let server = WeightServer(channel: channel, sendsDifferences: base != nil)
        let serving = Task { try await server.run() }
        let content = Self.bytes(weights)
        let manifest = makeManifest(bytes: content, version: 2, reference: false)
        var held: WeightClient.Base?
        if let base {
            let old = Self.bytes(base)
            let oldManifest = makeManifest(bytes: old, version: 1, reference: false)
            try await server.publish(oldManifest, bytes: old)
            held = WeightClient.Base(digest: oldManifest.digest, bytes: old.count) { Array(old[$0..<$0 + $1]) }
        }
        try await server.publish(manifest, bytes: content)
        let count = count ?? receivers
        var clients: [(transport: ZeroMQTransport, client: WeightClient)] = []
        for i in 0..<count {
            let transport = try ZeroMQTransport(security: security([.rollout], overCurve))
            let line = try await transport.client(connecting: channel.endpoint, options: .bulk)
            clients.append((transport, WeightClient(channel: slow && i == 0 ? SlowChannel(line) : line)))
        }
        let clock = BenchClock()
        let seconds = try await withThrowingTaskGroup(of: (index: Int, seconds: Double).self) { [held] group in
            for (i, receiver) in clients.enumerated() {
                group.addTask {
                    let received = try await receiver.client.fetch(manifest, base: held)
                    let seconds = clock.wallSeconds
                    guard Self.areEqual(received, content) else {
                        throw BenchError(text: "what came is not what was sent")
                    }
                    return (i, seconds)
                }
            }
            var last = 0.0
            for try await done in group where !(slow && done.index == 0) { last = max(last, done.seconds) }
            return last
        }
        let cpu = clock.cpuSeconds
        let sent = await server.bytesSent / count
        serving.cancel()
        for receiver in clients { await receiver.transport.close() }
        await provider.close()
        return Outcome(seconds: seconds, cpuSeconds: cpu, bytes: sent)
    }

    /// As the bare program compares them; `==` goes byte by byte, and would keep the other receivers waiting.
    private static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        unsafe one.count == other.count && memcmp(one, other, one.count) == 0
    }

    private static func bytes(_ weights: [Float]) -> [UInt8] { unsafe weights.withUnsafeBytes { unsafe Array($0) } }

    private func runPeer(_ program: String, slow: Bool = false) throws -> Outcome {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = [megabytes, receivers, 8].map { "\($0)" } + (slow ? ["15"] : [])
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard process.terminationStatus == 0, words.count == 2, let seconds = Double(words[0]),
            let cpu = Double(words[1])
        else { throw BenchError(text: "\(program) failed") }
        return Outcome(seconds: seconds, cpuSeconds: cpu, bytes: megabytes * 1_000_000)
    }
}

/// A receiver that takes its time.
private struct SlowChannel: ClientChannel {
    private let line: any ClientChannel

    init(_ line: any ClientChannel) { self.line = line }

    func send(_ frame: [UInt8], timeout: Duration?) async throws(TransportError) {
        try await line.send(frame, timeout: timeout)
    }

    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]? {
        let frame = try await line.receive(timeout: timeout)
        if frame != nil { try? await Task.sleep(for: .milliseconds(15)) }
        return frame
    }

    func receiveFrame(timeout: Duration?) async throws(TransportError) -> ReceivedFrame? {
        let frame = try await line.receiveFrame(timeout: timeout)
        if frame != nil { try? await Task.sleep(for: .milliseconds(15)) }
        return frame
    }

    func statistics() -> ChannelStatistics { line.statistics() }

    func close() async { await line.close() }
}
