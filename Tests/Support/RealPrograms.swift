import Foundation
package import Programs

/// Programs people wrote, from the data folder beside the project.
package enum RealPrograms {
    static let folder: String? = {
        let environment = ProcessInfo.processInfo.environment["PPOCODER_DATA"]
        let beside = FileManager.default.currentDirectoryPath + "/../shared/data"
        return [environment, beside].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0 + "/mbpp") }
    }()

    package static var arePresent: Bool { folder != nil }

    package static func load(_ language: Language) throws -> [String] {
        let pair = "/xlcost/Java-C++/val-Java-C++-tok."
        switch language {
        case .python:
            struct Row: Decodable { var code: String }
            return try lines("/mbpp/mbpp.jsonl").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)).code }
        case .java: return try lines(pair + "java.txt").map { detokenized($0, newline: "\\n") }
        default: return try lines(pair + "cpp.txt").map { detokenized($0, newline: "\n") }
        }
    }

    private static func lines(_ path: String) throws -> [String] {
        let text = try String(contentsOfFile: (folder ?? "") + path, encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    private static func detokenized(_ line: String, newline: String) -> String {
        line.replacingOccurrences(of: "STRNEWLINE", with: "\\n")
            .replacingOccurrences(of: "NEW_LINE", with: newline)
            .replacingOccurrences(of: " ▁ ", with: " ")
    }
}
