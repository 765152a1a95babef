import Transport

/// Runs the loops of a service side by side, and `tick` at every `pause`, until one of them ends; then the others are cancelled.
///
/// - Parameters:
///   - pause: between two ticks.
///   - tick: called as time passes.
///   - loops: each ends only with the reason why it cannot go on.
/// - Returns: the first reason that is not that the task was cancelled.
func runSideBySide(
    tickEvery pause: Duration,
    _ tick: @escaping @Sendable () async -> Void,
    _ loops: [@Sendable () async -> TransportError]
) async -> TransportError? {
    await withTaskGroup(of: TransportError.self) { group in
        for loop in loops { group.addTask { await loop() } }
        group.addTask {
            while (try? await Task.sleep(for: pause)) != nil { await tick() }
            return .cancelled
        }
        var failure: TransportError?
        for await ended in group {
            if ended != .cancelled, failure == nil { failure = ended }
            group.cancelAll()
        }
        return failure
    }
}
