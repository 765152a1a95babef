internal import CZeroMQ
internal import Foundation
internal import Glibc
internal import Synchronization

/// Ends a process in order: on SIGINT and SIGTERM, and when the process that started it is gone.
package final class ProcessLifetime: Sendable {
    /// Why the process should end.
    package enum Reason: Sendable, Equatable {
        case signal(Int32)
        case parentGone
    }

    /// Environment variable in which a parent leaves its process id.
    package static let parentVariable = "PPOCODER_PARENT"

    // SAFETY: made once and never changed; dispatch sources are thread-safe.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]
    // SAFETY: as above.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    /// - Parameters:
    ///   - watchParent: whether the end of the parent process is a reason.
    ///   - action: called once, on a thread of its own.
    package init(watchParent: Bool, action: @escaping @Sendable (Reason) -> Void) {
        let done = Mutex(false)
        let queue = DispatchQueue(label: "lifetime")
        let once: @Sendable (Reason) -> Void = { reason in
            let isFirst = done.withLock { done in
                defer { done = true }
                return !done
            }
            if isFirst { action(reason) }
        }
        unsafe sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { once(.signal(number)) }
            source.resume()
            return source
        }
        signal(SIGPIPE, SIG_IGN)
        // A parent that died before this line would otherwise be mistaken for whoever adopted us.
        let parent = ProcessInfo.processInfo.environment[Self.parentVariable].flatMap { Int32($0) } ?? getppid()
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .milliseconds(500), repeating: .milliseconds(500))
        timer.setEventHandler {
            if watchParent, getppid() != parent { once(.parentGone) }
        }
        timer.resume()
        unsafe self.timer = timer
        if watchParent { Self.continueWhenParentEnds() }
    }

    /// A process that is stopped cannot look for its parent: the kernel makes it go on when the parent ends, and it looks.
    ///
    /// The signal does nothing to a process that runs, which is as well: the kernel also sends it when the parent merely ends the
    /// thread that started us. It is sent as long as the thread lives that asked for it, so that thread does nothing else.
    private static func continueWhenParentEnds() {
        let thread = Thread {
            var all = sigset_t()
            unsafe sigfillset(&all)
            unsafe _ = pthread_sigmask(SIG_BLOCK, &all, nil)
            guard czeromq_continue_when_parent_ends() == 0 else { return }
            while true { sleep(UInt32.max) }
        }
        thread.stackSize = 64 << 10
        thread.start()
    }
}

/// Calls back at SIGHUP, as long as it lives.
package final class HangupSignal: Sendable {
    // SAFETY: made once and never changed; dispatch sources are thread-safe.
    nonisolated(unsafe) private let source: any DispatchSourceSignal

    package init(_ handler: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        unsafe self.source = source
    }
}
