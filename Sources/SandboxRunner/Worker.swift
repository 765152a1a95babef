import Dispatch
import Foundation
import Synchronization

/// A thread of its own that does one piece of work after the other, for work that blocks.
///
/// A queue of Dispatch's would borrow a thread for each piece, and wake two.
final class Worker: Sendable {
    private final class Inbox: Sendable {
        private let pieces = Mutex<[@Sendable () -> Void]>([])
        private let waiting = DispatchSemaphore(value: 0)
        private let isClosed = Mutex(false)

        func put(_ piece: @escaping @Sendable () -> Void) {
            pieces.withLock { $0.append(piece) }
            waiting.signal()
        }

        func close() {
            isClosed.withLock { $0 = true }
            waiting.signal()
        }

        /// Works until it is closed, and does what was put in before.
        func serve() {
            while true {
                waiting.wait()
                if let piece = pieces.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                    piece()
                } else if isClosed.withLock({ $0 }) {
                    return
                }
            }
        }
    }

    private let inbox = Inbox()

    init(name: String) {
        let thread = Thread { [inbox] in inbox.serve() }
        thread.name = name
        thread.start()
    }

    deinit { inbox.close() }

    /// Does it after what was asked for before; returns at once.
    func run(_ piece: @escaping @Sendable () -> Void) { inbox.put(piece) }
}
