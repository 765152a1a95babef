import Programs

/// A file that is put into, or was found in, a slot's working directory.
struct SlotFile: Sendable, Hashable {
    var name: String
    var bytes: [UInt8]
    var isExecutable = false
}

/// One command executed in a slot of its own kind.
struct CommandRun: Sendable {
    var files: [SlotFile]
    var arguments: [String]
    var input: [UInt8] = []
    /// Files with this ending are brought back; empty: none.
    var collecting = ""
    var cpuSeconds: Double
    var wallSeconds: Double
    /// Of the whole slot.
    var memoryBytes: Int
    /// 0: no limit of its own.
    var addressSpaceBytes = 0
    var outputBytes: Int
    var fileBytes: Int
    var processes: Int
    var stackBytes = 64 << 20
}

/// What became of a command.
struct CommandOutcome: Sendable {
    var reply: SlotReply
    var status: UInt32
    var cpuSeconds: Double
    var peakMemoryBytes: Int
    var output: [UInt8]
    var errors: [UInt8]
    var files: [SlotFile]
    /// Something could not be wiped: the slot must not be used again.
    var isSlotSpoilt: Bool

    var hasSucceeded: Bool { reply.flags.isEmpty && status == 0 }
}

extension SlotProcess {
    /// Executes a command to its end; blocks.
    func run(_ run: CommandRun) throws(SandboxError) -> CommandOutcome {
        var head = SlotMessage()
        head.put(UInt64(run.addressSpaceBytes))
        head.put(UInt64(run.fileBytes))
        head.put(UInt64(run.outputBytes))
        head.put(UInt32(run.processes))
        head.put(UInt32(run.cpuSeconds.rounded(.up)))
        head.put(UInt64(run.stackBytes))
        head.put(UInt32(run.files.count))
        for file in run.files {
            head.put(file.name)
            head.put(bytes: file.bytes)
            head.put(UInt8(file.isExecutable ? 1 : 0))
        }
        head.put(UInt32(run.arguments.count))
        for argument in run.arguments { head.put(argument) }
        head.put(bytes: run.input)
        head.put(run.collecting)
        var reply = try self.run(
            SlotRequest(
                memoryBytes: run.memoryBytes,
                processes: run.processes + 2,
                cpuSeconds: run.cpuSeconds,
                wallSeconds: run.wallSeconds,
                outputBytes: run.outputBytes,
                head: head.bytes
            )
        )
        var answer = SlotMessageReader(reply.answer)
        guard let status = answer.number(UInt32.self), let flags = answer.number(UInt8.self),
            let cpu = answer.number(UInt64.self), let peak = answer.number(UInt64.self),
            let output = answer.byteString(), let errors = answer.byteString(), let count = answer.number(UInt32.self)
        else { throw .slotLost(reason: "its answer is too short") }
        var files: [SlotFile] = []
        for _ in 0..<count {
            guard let name = answer.byteString(), let bytes = answer.byteString() else {
                throw .slotLost(reason: "its answer is too short")
            }
            files.append(SlotFile(name: String(decoding: name, as: UTF8.self), bytes: bytes))
        }
        guard flags & 2 == 0 else { throw .slotLost(reason: "it could not start \(run.arguments[0])") }
        if flags & 1 != 0 { reply.flags.insert(.outputCut) }
        return CommandOutcome(
            reply: reply,
            status: status,
            cpuSeconds: Double(cpu) / 1e6,
            peakMemoryBytes: Int(peak),
            output: output,
            errors: errors,
            files: files,
            isSlotSpoilt: flags & 4 != 0
        )
    }
}
