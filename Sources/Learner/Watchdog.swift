internal import Foundation
internal import Synchronization
internal import Telemetry

/// Says who waits for whom, since when, once nothing has moved for a while.
///
/// It has a thread of its own, so that it speaks also when every other one is stuck.
final class Watchdog: Sendable {
    private struct State {
        var what = "the first shard"
        var since = ContinuousClock.now
        var reported = ContinuousClock.now
        var isStopped = false
        var answered = true
    }

    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: of the process.
    ///   - patience: seconds without progress before it speaks, and between two times; 0 is never.
    ///   - details: who waits for whom, as sentences.
    ///   - report: for people.
    init(
        name: String,
        patience: Double,
        details: @escaping @Sendable () async -> [String],
        report: @escaping @Sendable (String) -> Void = { writeNotice($0) }
    ) {
        guard patience > 0 else { return }
        let thread = Thread { [self] in
            while let text = wait(patience) {
                report("\(name): \(text)")
                let mayAsk = state.withLock { state in
                    defer { state.answered = false }
                    return state.answered
                }
                guard mayAsk else {
                    report("\(name): its services have not answered since it last asked them")
                    continue
                }
                Task {
                    for sentence in await details() { report("\(name): \(sentence)") }
                    state.withLock { $0.answered = true }
                }
            }
        }
        thread.name = "watchdog"
        thread.start()
    }

    /// From now on the process waits for `what`.
    func waiting(for what: String) {
        state.withLock { state in
            state.what = what
            state.since = .now
            state.reported = .now
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    /// Sleeps until there is something to say; nil when it is over.
    private func wait(_ patience: Double) -> String? {
        while true {
            usleep(UInt32(min(1, patience / 4) * 1e6))
            let (text, isStopped) = state.withLock { state -> (String?, Bool) in
                guard !state.isStopped, ContinuousClock.now - state.reported >= .seconds(patience) else {
                    return (nil, state.isStopped)
                }
                state.reported = .now
                return ("has waited \(Int((ContinuousClock.now - state.since).seconds)) s for \(state.what)", false)
            }
            if isStopped { return nil }
            if let text { return text }
        }
    }
}
