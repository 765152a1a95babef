/// A look at a linked program before it runs: what it puts in the place of library functions, and what it runs early.
///
/// The compiler made the file while no code of the program ran, so what is seen here is what will be loaded. 64-bit,
/// little-endian; every read is checked.
struct ElfInspection {
    /// Functions through which a test compares and fails, or a harness speaks: a program that has its own is in their way.
    private static let reserved: Set<String> = [
        "memcmp", "bcmp", "strcmp", "strncmp", "strcasecmp", "strncasecmp", "strcoll", "wcscmp", "wcsncmp", "wmemcmp",
        "memcpy", "memmove", "memset", "strlen", "fabs", "fabsf", "fabsl", "abs", "labs", "llabs", "abort", "exit",
        "_exit", "_Exit", "quick_exit", "__assert_fail", "__assert_perror_fail", "__assert", "raise",
        "__libc_start_main",
        "__cxa_throw", "__cxa_rethrow", "__cxa_begin_catch", "__cxa_end_catch", "__cxa_allocate_exception",
        "__gxx_personality_v0", "_Unwind_RaiseException", "_Unwind_Resume", "_ZSt9terminatev", "_ZSt10unexpectedv",
        "__cxa_call_unexpected", "__stack_chk_fail", "__cxa_pure_virtual",
    ]

    private let bytes: [UInt8]
    private var symbols: [(name: String, type: UInt8, section: UInt16)] = []
    private var tables: [Range<Int>] = []
    private var earlyBytes = 0

    /// - Returns: nil when the file is not what the linker makes.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let table = word64(0x28), let count = word16(0x3c)
        else { return nil }
        for index in 0..<count {
            let at = table + 64 * index
            guard let type = word32(at + 4), let offset = word64(at + 24), let size = word64(at + 32),
                let link = word32(at + 40)
            else { return nil }
            // SHT_PREINIT_ARRAY
            if type == 16 { earlyBytes += size }
            // SHT_SYMTAB, SHT_DYNSYM
            guard type == 2 || type == 11, link < count, let names = word64(table + 64 * link + 24),
                let namesSize = word64(table + 64 * link + 32), offset >= 0, size >= 0, names >= 0, namesSize >= 0,
                offset + size <= bytes.count, names + namesSize <= bytes.count
            else { continue }
            if type == 2 { tables += [offset..<offset + size, names..<names + namesSize] }
            for symbol in stride(from: offset, to: offset + size - 23, by: 24) {
                guard let name = word32(symbol), let section = word16(symbol + 6) else { return nil }
                symbols.append((text(names + name), bytes[symbol + 4] & 15, UInt16(section)))
            }
        }
    }

    /// What stands against believing a test in this program; nil when nothing does.
    func objection() -> String? {
        if earlyBytes > 8 { return "the program runs code before the harness" }
        // STT_GNU_IFUNC: a function that is chosen, by code, while the program is being loaded.
        if symbols.contains(where: { $0.type == 10 && $0.section != 0 }) {
            return "the program runs code while it is being loaded"
        }
        for symbol in symbols where symbol.section != 0 && Self.reserved.contains(symbol.name) {
            return "the program replaces the library's \(symbol.name), which a test relies on"
        }
        return nil
    }

    /// The file without the names of what is in it.
    func withoutNames() -> [UInt8] {
        var stripped = bytes
        for table in tables { stripped.replaceSubrange(table, with: repeatElement(0, count: table.count)) }
        return stripped
    }

    private func word16(_ at: Int) -> Int? { number(at, 2) }
    private func word32(_ at: Int) -> Int? { number(at, 4) }
    private func word64(_ at: Int) -> Int? { number(at, 8) }

    private func number(_ at: Int, _ width: Int) -> Int? {
        guard at >= 0, at <= bytes.count - width else { return nil }
        // Nothing in a file of at most 96 MiB is further away than this.
        return Int(exactly: bytes[at..<at + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            .flatMap { $0 <= Int(Int32.max) ? $0 : nil }
    }

    private func text(_ at: Int) -> String {
        guard at >= 0, at < bytes.count else { return "" }
        let name = bytes[at...].prefix(256).prefix { $0 != 0 }
        // Versions are appended to names: memcmp@GLIBC_2.2.5.
        return String(decoding: name.prefix { $0 != 0x40 }, as: UTF8.self)
    }
}
