import DequeModule
import Synchronization

/// A bounded queue between a thread that must not wait and tasks that may.
///
/// `take` is first come, first served, and honours cancellation and time limits; no thread is ever blocked.
final class Mailbox<Element: Sendable>: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Result<Element?, TransportError>, Never>
        var timer: Task<Void, Never>?
    }

    private struct State {
        var queue: Deque<Element> = []
        var waiters: Deque<Waiter> = []
        var nextID: UInt64 = 0
        var closed = false
        var wasFull = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    /// Called, without the lock, when a mailbox that was full is half empty again.
    private let onRoom: @Sendable () -> Void

    init(capacity: Int, onRoom: @escaping @Sendable () -> Void = {}) {
        self.capacity = capacity
        self.onRoom = onRoom
    }

    /// Whether `offer` would refuse; remembers the refusal, so that `onRoom` follows.
    var isFull: Bool {
        state.withLock { state in
            guard state.queue.count >= capacity else { return false }
            state.wasFull = true
            return true
        }
    }

    /// Puts `element` in, or gives it to whoever waits longest.
    ///
    /// - Returns: false when the mailbox is full or closed; the element was dropped.
    @discardableResult
    func offer(_ element: Element) -> Bool {
        let (accepted, waiter) = state.withLock { state -> (Bool, Waiter?) in
            if state.closed { return (false, nil) }
            if let waiter = state.waiters.popFirst() { return (true, waiter) }
            guard state.queue.count < capacity else {
                state.wasFull = true
                return (false, nil)
            }
            state.queue.append(element)
            return (true, nil)
        }
        waiter?.timer?.cancel()
        waiter?.continuation.resume(returning: .success(element))
        return accepted
    }

    /// The next element.
    ///
    /// - Returns: nil when `timeout` passes first.
    func take(timeout: Duration?) async throws(TransportError) -> Element? {
        if Task.isCancelled { throw .cancelled }
        if let ready = try takeNow() { return ready }
        if let timeout, timeout <= .zero { return nil }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(id: id, continuation: continuation, timeout: timeout)
            }
        } onCancel: {
            finish(id: id, with: .failure(.cancelled))
        }
        return try result.get()
    }

    /// The next element if there is one already.
    func takeNow() throws(TransportError) -> Element? {
        let (element, closed, room) = state.withLock { state -> (Element?, Bool, Bool) in
            if state.closed { return (nil, true, false) }
            let element = state.queue.popFirst()
            let room = state.wasFull && state.queue.count <= capacity / 2
            if room { state.wasFull = false }
            return (element, false, room)
        }
        if closed { throw .closed }
        if room { onRoom() }
        return element
    }

    private func wait(
        id: UInt64,
        continuation: CheckedContinuation<Result<Element?, TransportError>, Never>,
        timeout: Duration?
    ) {
        let ready = state.withLock { state -> Result<Element?, TransportError>? in
            if state.closed { return .failure(.closed) }
            if let element = state.queue.popFirst() { return .success(element) }
            state.waiters.append(Waiter(id: id, continuation: continuation))
            return nil
        }
        if let ready { return continuation.resume(returning: ready) }
        // The handler may have run before the waiter was there to be found.
        if Task.isCancelled { return finish(id: id, with: .failure(.cancelled)) }
        guard let timeout else { return }
        let timer = Task { [weak self] in
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            self?.finish(id: id, with: .success(nil))
        }
        let attached = state.withLock { state in
            guard let i = state.waiters.firstIndex(where: { $0.id == id }) else { return false }
            state.waiters[i].timer = timer
            return true
        }
        if !attached { timer.cancel() }
    }

    private func finish(id: UInt64, with result: Result<Element?, TransportError>) {
        let waiter = state.withLock { state -> Waiter? in
            guard let i = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: i)
        }
        waiter?.timer?.cancel()
        waiter?.continuation.resume(returning: result)
    }

    /// Refuses everything from now on; whoever waits gets `.closed`.
    func close() {
        let waiters = state.withLock { state in
            state.closed = true
            state.queue = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters {
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: .failure(.closed))
        }
    }
}
