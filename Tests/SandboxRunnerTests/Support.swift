import Foundation
import Programs
import SandboxRunner

/// One pool for all tests: tests of the sandbox must run in a sandbox, so a machine without one fails them all.
private let pool = Task {
    var configuration = SandboxConfiguration()
    configuration.slots = 2
    configuration.firstUser = firstUser
    configuration.helperPath = helper()
    return try await SandboxPool(configuration: configuration)
}

func sharedPool() async throws -> SandboxPool { try await pool.value }

/// `ppocoder-slot` beside the test bundle.
func helper() -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let bundles = [own] + CommandLine.arguments
    for path in bundles {
        var directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        for _ in 0..<3 {
            let candidate = directory.appendingPathComponent("ppocoder-slot").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            directory.deleteLastPathComponent()
        }
    }
    return "ppocoder-slot"
}

func job(
    _ program: String,
    _ tests: [TestCase],
    language: Language = .python,
    limits: (inout ExecutionLimits) -> Void = { _ in }
) -> ExecutionJob {
    var chosen = ExecutionLimits()
    limits(&chosen)
    return ExecutionJob(id: "job", language: language, program: program, tests: tests, limits: chosen)
}

/// Users that no other pool on the machine has.
let firstUser = 61000

/// Processes of a pool's slots that are not the first of a slot: what a run has left behind.
func survivors(of users: Range<Int>) -> [String] {
    guard geteuid() == 0 else { return [] }
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { $0.allSatisfy(\.isNumber) }.compactMap { pid in
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        let fields = Dictionary(
            status.split(separator: "\n").map { line in
                let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
                return (parts[0], parts.count > 1 ? parts[1] : "")
            },
            uniquingKeysWith: { first, _ in first }
        )
        guard let user = fields["Uid:"]?.split(separator: "\t").first.flatMap({ Int($0) }),
            users.contains(user), fields["NSpid:"]?.hasSuffix("\t1") == false
        else { return nil }
        return "\(pid) \(fields["Name:"] ?? "")"
    }
}

/// A file of the data sets beside the project; nil when they are not there.
func data(_ path: String) -> URL? {
    var directory = URL(fileURLWithPath: #filePath)
    for _ in 0..<8 {
        directory.deleteLastPathComponent()
        let file = directory.appendingPathComponent("shared/data/\(path)")
        if FileManager.default.fileExists(atPath: file.path) { return file }
    }
    return nil
}

/// The rows of a gzipped file of the data sets; none when the file is not there.
func unzippedRows<Row: Decodable>(_ file: URL?, as _: Row.Type = Row.self) throws -> [Row] {
    guard let file else { return [] }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
    process.arguments = ["-dc", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try text.split(separator: 10).map { try JSONDecoder().decode(Row.self, from: Data($0)) }
}
