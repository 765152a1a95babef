import Determinism
import Foundation

/// What makes a warm interpreter of JavaScript, PHP or Ruby a zygote: a small C library, loaded before the interpreter,
/// compiled on the first use on a machine.
///
/// It is compiled here and not beside the other executables because SwiftPM links every product to the Swift run-time
/// library, which does not exist in a slot.
enum ZygoteLibrary {
    /// Where it is in the slot.
    static let pathInSlot = "/zygote.so"

    /// The library on the host; nil when there is no C compiler or no safe place to keep it.
    static func path(_ configuration: SandboxConfiguration) -> String? {
        let manager = FileManager.default
        let base = HostCache.directory(configuration)
        let library = "\(base)/zygote-\(Digest(of: zygoteSource).hex.prefix(16)).so"
        if manager.fileExists(atPath: library) { return HostCache.isOurs(base) ? library : nil }
        do { try manager.createDirectory(atPath: base, withIntermediateDirectories: true) } catch { return nil }
        guard HostCache.isOurs(base) else { return nil }
        let source = "\(base)/zygote-\(getpid()).c"
        let made = "\(base)/zygote-\(getpid()).so"
        defer {
            try? manager.removeItem(atPath: source)
            try? manager.removeItem(atPath: made)
        }
        guard manager.createFile(atPath: source, contents: Data(zygoteSource.utf8)) else { return nil }
        let command = ["/usr/bin/gcc", "-O2", "-shared", "-fPIC", "-std=gnu11", source, "-o", made]
        guard HostCache.runTrusted(command), unsafe rename(made, library) == 0 else { return nil }
        return library
    }
}
