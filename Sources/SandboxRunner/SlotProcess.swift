import CSandbox
import Foundation

/// What became of one run in a slot.
struct SlotReply: Sendable {
    /// Why the supervisor stopped a run.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let cpuLimit = Flags(rawValue: 1)
        static let wallLimit = Flags(rawValue: 2)
        static let killedForMemory = Flags(rawValue: 4)
        static let slotDead = Flags(rawValue: 8)
        static let outputCut = Flags(rawValue: 16)
    }

    var flags: Flags
    var cpuSeconds: Double
    var wallSeconds: Double
    var peakMemoryBytes: Int
    /// What pid 1 of the slot answered.
    var answer: [UInt8]
    /// What the child with the tests said.
    var testimony: [UInt8]
    /// What the child with the program said.
    var results: [UInt8]
    var output: [UInt8]
    var errors: [UInt8]
}

/// One run for a slot.
struct SlotRequest: Sendable {
    var memoryBytes: Int
    var processes: Int
    var cpuSeconds: Double
    var wallSeconds: Double
    var outputBytes: Int
    var head: [UInt8]
    var body: [UInt8] = []
    var secret: [UInt8] = []
}

/// What pid 1 of a slot is.
enum SlotKind: Sendable {
    /// Executes one command after the other.
    case commands
    /// The interpreter, with the harness, forking a child for each program.
    case zygote(arguments: [String], environment: [String])
}

/// A running slot: its supervisor and the socket to it.
///
/// One run at a time.
final class SlotProcess: Sendable {
    /// The walls that are up.
    let walls: Walls
    private let process: pid_t
    private let socket: Int32

    /// Starts a slot and waits until its walls are up.
    init(
        kind: SlotKind,
        helper: String,
        user: Int,
        scratchBytes: Int,
        binds: [(from: String, to: String)]
    ) throws(SandboxError) {
        var socket: Int32 = -1
        let process = unsafe csandbox_spawn(helper, &socket)
        guard process > 0 else { throw .cannotStart(path: helper, code: errno) }
        var arguments: [String] = []
        var environment: [String] = []
        var setup = SlotMessage()
        if case .zygote(let command, let variables) = kind { (arguments, environment) = (command, variables) }
        setup.put(UInt32(arguments.isEmpty ? 0 : 1))
        setup.put(UInt32(user))
        setup.put(UInt64(scratchBytes))
        setup.put(UInt32(binds.count))
        for bind in binds {
            setup.put(bind.from)
            setup.put(bind.to)
        }
        setup.put(UInt32(arguments.count))
        for argument in arguments { setup.put(argument) }
        setup.put(UInt32(environment.count))
        for variable in environment { setup.put(variable) }
        do throws(SandboxError) {
            try Self.send(setup, to: socket)
            let hello = try Self.receive(from: socket, timeout: 90)
            let text = String(decoding: hello.dropFirst(), as: UTF8.self)
            guard hello.first == 1 else { throw .wallsRefused(reason: text) }
            walls = Walls(report: text)
        } catch {
            close(socket)
            csandbox_reap(process, 3000)
            throw error
        }
        self.process = process
        self.socket = socket
    }

    deinit {
        // The supervisor sees the end of the stream and ends its slot. Killing it would do that too, but leave its
        // control groups behind.
        close(socket)
        csandbox_reap(process, 3000)
    }

    /// Runs one request to its end; blocks.
    ///
    /// With `toleratingDeath`, the end of the slot's first process is an answer, and not an error.
    func run(_ request: SlotRequest, toleratingDeath: Bool = false) throws(SandboxError) -> SlotReply {
        var message = SlotMessage()
        message.put(UInt64(request.memoryBytes))
        message.put(UInt32(request.processes))
        message.put(UInt64(request.cpuSeconds * 1e6))
        message.put(UInt64(request.wallSeconds * 1e6))
        message.put(UInt64(request.outputBytes))
        message.put(bytes: request.head)
        message.put(bytes: request.body)
        message.put(bytes: request.secret)
        try Self.send(message, to: socket)
        // The supervisor keeps the clock; this is for a supervisor that hangs.
        var reader = SlotMessageReader(try Self.receive(from: socket, timeout: request.wallSeconds + 60))
        guard let flags = reader.number(UInt8.self), let cpu = reader.number(UInt64.self),
            let peak = reader.number(UInt64.self), let wall = reader.number(UInt64.self),
            let answer = reader.byteString(), let testimony = reader.byteString(), let results = reader.byteString(),
            let output = reader.byteString(), let errors = reader.byteString()
        else { throw .slotLost(reason: "an answer that is too short") }
        let reply = SlotReply(
            flags: SlotReply.Flags(rawValue: flags),
            cpuSeconds: Double(cpu) / 1e6,
            wallSeconds: Double(wall) / 1e6,
            peakMemoryBytes: Int(peak),
            answer: answer,
            testimony: testimony,
            results: results,
            output: output,
            errors: errors
        )
        guard toleratingDeath || !reply.flags.contains(.slotDead) else {
            throw .slotLost(reason: "its first process ended or hung")
        }
        return reply
    }

    /// In one piece, so that the supervisor wakes once.
    private static func send(_ message: SlotMessage, to socket: Int32) throws(SandboxError) {
        let sent = unsafe message.framed.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return true }
            return unsafe csandbox_write(socket, base, buffer.count, 60_000) == 0
        }
        guard sent else { throw .slotLost(reason: "its supervisor does not listen (error \(errno))") }
    }

    /// The next message, without its length.
    private static func receive(from socket: Int32, timeout: Double) throws(SandboxError) -> [UInt8] {
        let milliseconds = Int32(min(timeout, 1e6) * 1000)
        var code: Int32 = 0
        // Nearly every message fits, and is there as a whole.
        var first = unsafe [UInt8](unsafeUninitializedCapacity: shortMessage) { buffer, initialized in
            guard let base = buffer.baseAddress else { return }
            let count = unsafe csandbox_read_some(socket, base, shortMessage, milliseconds)
            if count < 4 { code = count < 0 ? errno : EPROTO }
            initialized = max(0, count)
        }
        var reader = SlotMessageReader(first)
        guard code == 0, let length = reader.number(UInt32.self), length <= 512 << 20, first.count - 4 <= length else {
            throw .slotLost(reason: "its supervisor does not answer (error \(code))")
        }
        let (had, whole) = (first.count - 4, Int(length))
        first.removeFirst(4)
        guard had < whole else { return first }
        var failed = false
        let rest = unsafe [UInt8](unsafeUninitializedCapacity: whole - had) { buffer, initialized in
            guard let base = buffer.baseAddress, unsafe csandbox_read(socket, base, whole - had, 60_000) == 0 else {
                failed = true
                return
            }
            initialized = whole - had
        }
        guard !failed else { throw .slotLost(reason: "its answer was cut short") }
        return first + rest
    }

    private static let shortMessage = 16_384
}
