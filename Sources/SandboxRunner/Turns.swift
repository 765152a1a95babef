import DequeModule
import Synchronization

/// Whose turn it is: which slots are free, who waits for one, and who runs alone.
package final class Turns: Sendable {
    /// A slot in use.
    package struct Turn: Sendable {
        package let slot: Int
        /// Turns that had begun when this one began.
        fileprivate let begun: Int
        /// Whether others were running when this one began.
        fileprivate let wasJoined: Bool
    }

    private struct State {
        var idle: [Int]
        var waiting: Deque<@Sendable (Turn?) -> Void> = []
        /// Turns whose work goes on; those that wait to be alone do not count.
        var running = 0
        var begun = 0
        /// Turns that wait until nobody else runs.
        var lonely: Deque<CheckedContinuation<Bool, Never>> = []
        var isAlone = false
        var isClosed = false

        var mayBegin: Bool { !isAlone && lonely.isEmpty && !idle.isEmpty }

        mutating func begin(_ slot: Int) -> Turn {
            defer {
                begun += 1
                running += 1
            }
            return Turn(slot: slot, begun: begun, wasJoined: running > 0)
        }
    }

    private let state: Mutex<State>

    /// Turns on slots numbered from 0.
    package init(slots: Int) { state = Mutex(State(idle: Array((0..<slots).reversed()))) }

    /// A free slot, as soon as there is one; nil when the pool is closed.
    package func take() async -> Turn? {
        await withCheckedContinuation { continuation in take { continuation.resume(returning: $0) } }
    }

    /// The same, without a task that waits: whoever gives a slot back calls `begin`, which must not block.
    package func take(_ begin: @escaping @Sendable (Turn?) -> Void) {
        let now: Turn?? = state.withLock { state in
            if state.isClosed { return .some(nil) }
            if state.mayBegin, let slot = state.idle.popLast() { return state.begin(slot) }
            state.waiting.append(begin)
            return nil
        }
        if let now { begin(now) }
    }

    package func give(_ turn: Turn) {
        state.withLock { state in
            state.idle.append(turn.slot)
            state.running -= 1
        }
        proceed()
    }

    /// Whether other turns ran while this one did.
    package func hadCompany(_ turn: Turn) -> Bool { state.withLock { turn.wasJoined || $0.begun > turn.begun + 1 } }

    /// Waits until no other turn runs, and keeps new ones from beginning until `endAlone`; false when the pool is closed.
    package func wait(alone turn: Turn) async -> Bool {
        let isGranted = await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                state.running -= 1
                if !state.isClosed { state.lonely.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume(returning: false) } else { proceed() }
        }
        if !isGranted { state.withLock { $0.running += 1 } }
        return isGranted
    }

    package func endAlone() {
        state.withLock { $0.isAlone = false }
        proceed()
    }

    /// Ends the waiting of all who wait.
    package func close() {
        let (waiting, lonely) = state.withLock { state in
            state.isClosed = true
            defer { (state.waiting, state.lonely) = ([], []) }
            return (state.waiting, state.lonely)
        }
        for begin in waiting { begin(nil) }
        for continuation in lonely { continuation.resume(returning: false) }
    }

    /// Lets those go on whose turn it is.
    private func proceed() {
        while true {
            let next: (() -> Void)? = state.withLock { state in
                if !state.isAlone, state.running == 0, !state.lonely.isEmpty {
                    let continuation = state.lonely.removeFirst()
                    state.isAlone = true
                    state.running = 1
                    return { continuation.resume(returning: true) }
                }
                guard state.mayBegin, let begin = state.waiting.popFirst(), let slot = state.idle.popLast() else {
                    return nil
                }
                let turn = state.begin(slot)
                return { begin(turn) }
            }
            guard let next else { return }
            next()
        }
    }
}
