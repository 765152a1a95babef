import CZeroMQ
import Glibc
import Synchronization

/// One thread that owns a ZeroMQ context and all of its sockets; nothing else ever touches them.
///
/// Work comes in as closures through a queue under a lock; a pipe in the poll set wakes the thread.
final class SocketLoop: Sendable {
    typealias Command = @Sendable (SocketTable) -> Void

    private struct Inbox {
        var commands: [Command] = []
        /// The pipe is already readable, or the thread is awake and will look before it sleeps.
        var signalled = false
        var stopping = false
    }

    private let inbox = Mutex(Inbox())
    private let wakeDescriptor: CInt
    private let signalDescriptor: CInt
    private let thread = Mutex<pthread_t?>(nil)
    private let finished = Mailbox<Bool>(capacity: 1)
    private let security: TransportSecurity
    private let report: @Sendable (String) -> Void

    init(security: TransportSecurity, report: @escaping @Sendable (String) -> Void) throws(TransportError) {
        self.security = security
        self.report = report
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .last(during: "pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeDescriptor = ends[0]
        signalDescriptor = ends[1]
        var created = pthread_t()
        let argument = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&created, nil, socketLoopMain, argument.toOpaque())
        guard code == 0 else {
            unsafe argument.release()
            throw .system(operation: "pthread_create", code: code, reason: unsafe String(cString: strerror(code)))
        }
        thread.withLock { $0 = created }
    }

    deinit {
        Glibc.close(wakeDescriptor)
        Glibc.close(signalDescriptor)
    }

    /// Runs `command` on the thread, in order.
    ///
    /// - Returns: false when the loop is stopping; the command was dropped.
    @discardableResult
    func enqueue(_ command: @escaping Command) -> Bool {
        let (accepted, wake) = inbox.withLock { inbox -> (Bool, Bool) in
            if inbox.stopping { return (false, false) }
            inbox.commands.append(command)
            defer { inbox.signalled = true }
            return (true, !inbox.signalled)
        }
        if wake { signal() }
        return accepted
    }

    /// Runs `command` on the thread and waits for what it says.
    func perform<Value: Sendable>(
        _ command: @escaping @Sendable (SocketTable) -> Result<Value, TransportError>
    ) async throws(TransportError) -> Value {
        let answer = Mailbox<Result<Value, TransportError>>(capacity: 1)
        guard enqueue({ answer.offer(command($0)) }) else { throw .closed }
        guard let result = try await answer.take(timeout: nil) else { throw .closed }
        return try result.get()
    }

    /// Makes the thread close everything and end, without waiting for it.
    func stop() {
        let wake = inbox.withLock { inbox in
            inbox.stopping = true
            defer { inbox.signalled = true }
            return !inbox.signalled
        }
        if wake { signal() }
    }

    /// Stops the thread and joins it.
    func stopAndJoin() async {
        stop()
        // Cancellation must not leave the thread behind: it ends within the linger time in any case.
        await Task { _ = try? await self.finished.take(timeout: nil) }.value
        joinOnce()
    }

    /// The thread is past its last statement, or about to be, so this does not block.
    private func joinOnce() {
        let joinable = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let joinable { pthread_join(joinable, nil) }
    }

    /// Lets the thread's resources go by themselves, when nobody is going to join.
    func abandon() {
        stop()
        let detachable = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let detachable { pthread_detach(detachable) }
    }

    private func signal() {
        var byte: UInt8 = 1
        // A full pipe wakes just as well.
        unsafe _ = write(signalDescriptor, &byte, 1)
    }

    /// What the thread does until it is stopped.
    fileprivate func run() {
        // ZeroMQ's own threads are started from here and inherit this mask: signals belong to the main thread.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe _ = pthread_sigmask(SIG_BLOCK, &all, nil)
        let table = SocketTable(wakeDescriptor: wakeDescriptor, security: security, report: report)
        while true {
            let stopping = runCommands(on: table)
            if stopping { break }
            table.poll()
            // Whoever enqueues from now on need not write: the commands are read before the next sleep.
            inbox.withLock { $0.signalled = true }
            table.transfer()
        }
        table.closeAll()
        _ = runCommands(on: table)
        finished.offer(true)
    }

    /// Runs what is queued, until nothing is.
    ///
    /// - Returns: whether the loop is to stop.
    private func runCommands(on table: SocketTable) -> Bool {
        while true {
            let (commands, stopping) = inbox.withLock { inbox -> ([Command], Bool) in
                defer { inbox.commands = [] }
                if inbox.commands.isEmpty { inbox.signalled = false }
                return (inbox.commands, inbox.stopping)
            }
            for command in commands { command(table) }
            if commands.isEmpty { return stopping }
        }
    }
}

/// The entry point of a loop's thread; a C function must not inherit anybody's isolation.
@Sendable private func socketLoopMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<SocketLoop>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}

extension TransportError {
    /// What libzmq, or the system, has just complained about.
    static func last(during operation: String) -> TransportError {
        let code = zmq_errno()
        return .system(operation: operation, code: code, reason: unsafe String(cString: zmq_strerror(code)))
    }
}
