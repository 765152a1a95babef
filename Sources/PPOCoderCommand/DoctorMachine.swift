import CodeAnalysis
import Foundation
import Programs
import Transport

/// Checks of the processor, the libraries, sockets and disk.
enum DoctorMachine {
    static func checks() -> [DoctorCheck] { [cores(), memory(), instructions(), disk()] }

    static func libraries() -> [DoctorCheck] {
        [
            library("OpenBLAS", package: "libopenblas-dev", version: openBLASVersion()),
            library("ZeroMQ", package: "libzmq3-dev", version: zeroMQVersion()),
            library("libsodium", package: "libsodium-dev", version: sodiumVersion()),
            grammars(),
        ]
    }

    private static func cores() -> DoctorCheck {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return cores > 1
            ? .ok("cores", "\(cores)")
            : .warn(
                "cores",
                "\(cores)",
                advice: "learner, rollout worker and programs share one core; training is slow"
            )
    }

    private static func memory() -> DoctorCheck {
        let total = Double(ProcessInfo.processInfo.physicalMemory) / 0x1p30
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let available = text.firstMatch(of: /MemAvailable:\s+(\d+) kB/).flatMap { Double($0.1) }.map { $0 / 0x1p20 }
        let found =
            String(format: "%.1f GiB", total) + (available.map { String(format: ", %.1f GiB available", $0) } ?? "")
        return (available ?? total) >= 2
            ? .ok("memory", found)
            : .warn(
                "memory",
                found,
                advice: "the default run wants 2 GiB: end other programs, or set cluster.microbatch_size=4"
            )
    }

    private static func instructions() -> DoctorCheck {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let flags = Set(text.firstMatch(of: /flags\s*:(.*)/)?.1.split(separator: " ").map(String.init) ?? [])
        let missing = ["avx2", "fma"].filter { !flags.contains($0) }
        return missing.isEmpty
            ? .ok("AVX2 and FMA", "present")
            : .warn(
                "AVX2 and FMA",
                "missing: \(missing.joined(separator: ", "))",
                advice: "portable kernels are used: results agree to rounding, speed is a fraction"
            )
    }

    private static func disk() -> DoctorCheck {
        let folder = FileManager.default.currentDirectoryPath
        let free = (try? FileManager.default.attributesOfFileSystem(forPath: folder))?[.systemFreeSize] as? NSNumber
        guard let free else { return .warn("free disk", "unknown in \(folder)", advice: "see df -h") }
        let gibibytes = free.doubleValue / 0x1p30
        let found = String(format: "%.1f GiB in %@", gibibytes, folder)
        switch gibibytes {
        case ..<0.2:
            return .fail(
                "free disk",
                found,
                advice: "a run writes checkpoints: free at least 200 MiB, or choose --output_path"
            )
        case ..<2:
            return .warn("free disk", found, advice: "CodeT5-sized checkpoints take about 1 GiB each with optimiser")
        default: return .ok("free disk", found)
        }
    }

    private static func library(_ name: String, package: String, version: String?) -> DoctorCheck {
        version.map { .ok(name, $0) }
            ?? .fail(name, "not found", advice: "install it: apt-get install \(package), or run ./setup")
    }

    /// Address of a function of this process or its libraries.
    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
        unsafe dlsym(dlopen(nil, RTLD_LAZY), name)
    }

    private static func openBLASVersion() -> String? {
        typealias Function = @convention(c) () -> UnsafePointer<CChar>?
        guard let address = unsafe symbol("openblas_get_config") else { return nil }
        return unsafe unsafeBitCast(address, to: Function.self)().map { unsafe String(cString: $0) }
    }

    private static func sodiumVersion() -> String? {
        typealias Function = @convention(c) () -> UnsafePointer<CChar>?
        guard let address = unsafe symbol("sodium_version_string") else { return nil }
        return unsafe unsafeBitCast(address, to: Function.self)().map { unsafe String(cString: $0) }
    }

    private static func zeroMQVersion() -> String? {
        typealias Function =
            @convention(c) (UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>) -> Void
        guard let address = unsafe symbol("zmq_version") else { return nil }
        var (major, minor, patch): (CInt, CInt, CInt) = (0, 0, 0)
        unsafe unsafeBitCast(address, to: Function.self)(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    private static func grammars() -> DoctorCheck {
        do {
            let analyzer = try CodeAnalyzer()
            let canaries = [
                (Language.python, "x = 1\n"), (.java, "class A { int x = 1; }"), (.cpp, "int x = 1;"),
                (.c, "int x = 1;"),
                (.csharp, "class A { int x = 1; }"), (.php, "<?php $x = 1;"), (.javascript, "var x = 1;"),
                (.go, "package a\nvar x = 1\n"), (.ruby, "x = 1\n"),
            ]
            let broken = canaries.filter { !analyzer.parses($0.1, language: $0.0) }.map(\.0.rawValue)
            guard broken.isEmpty else {
                return .fail(
                    "grammars",
                    "do not parse: \(broken.joined(separator: ", "))",
                    advice: "run ./setup to fetch them again"
                )
            }
            return .ok("grammars", canaries.map(\.0.rawValue).joined(separator: ", "))
        } catch {
            return .fail("grammars", "\(error)", advice: "run ./setup")
        }
    }

    /// A message through an ipc socket, as the processes of a run send them.
    static func sockets() async -> [DoctorCheck] {
        var template = Array("/tmp/ppocoder-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            return [
                .fail(
                    "/tmp",
                    systemError(errno),
                    advice: "the sockets of a run live in /tmp: make it writable (chmod 1777 /tmp)"
                )
            ]
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/announcements"
        var checks: [DoctorCheck] = [
            .ok("/tmp", "writable; socket paths of \(path.utf8.count) bytes (a Unix socket takes 107)")
        ]
        do {
            let transport = try ZeroMQTransport()
            let server = try await transport.server(binding: "ipc://\(path)", options: .control)
            let client = try await transport.client(connecting: "ipc://\(path)", options: .control)
            let begun = ContinuousClock.now
            try await client.send([1, 2, 3], timeout: .seconds(5))
            let received = try await server.receive(timeout: .seconds(5))
            let milliseconds = String(format: "%.1f ms", (ContinuousClock.now - begun) / .milliseconds(1))
            checks.append(
                received?.frame == [1, 2, 3]
                    ? .ok("ipc sockets", "a message took \(milliseconds)")
                    : .fail(
                        "ipc sockets",
                        "a message did not arrive within 5 s",
                        advice: "is a security policy forbidding Unix sockets?"
                    )
            )
            await client.close()
            await server.close()
            await transport.close()
        } catch {
            checks.append(.fail("ipc sockets", "\(error)", advice: "processes of a run cannot talk to each other here"))
        }
        return checks
    }
}
