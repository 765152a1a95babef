import Checkpoints
import Foundation
import Testing

struct CheckpointDirectoryTests {
    private let run = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")

    private func clean() { try? FileManager.default.removeItem(at: run) }

    private func write(_ step: Int, keep: Int = 10, text: String = "weights") throws {
        try CheckpointDirectory.write(step: step, into: run, keep: keep) { directory in
            try Data("\(text) \(step)".utf8).write(to: directory.appendingPathComponent("model.bin"))
            let nested = directory.appendingPathComponent("tokenizer")
            try FileManager.default.createDirectory(at: nested, withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: nested.appendingPathComponent("vocab.json"))
        }
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: CheckpointDirectory.folder(in: run).path).sorted()
    }

    private func latest() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: run.appendingPathComponent("latest").path)
    }

    @Test func theNewestCheckpointIsFoundAndLatestPointsAtIt() throws {
        defer { clean() }
        #expect(try CheckpointDirectory.newestValid(in: run).url == nil)
        try write(9)
        try write(10)
        let search = try CheckpointDirectory.newestValid(in: run)
        #expect(search.step == 10)
        #expect(search.url == CheckpointDirectory.url(ofStep: 10, in: run))
        #expect(search.skipped.isEmpty)
        #expect(try latest() == "checkpoints/step-000010")
        let text = try String(contentsOf: run.appendingPathComponent("latest/model.bin"), encoding: .utf8)
        #expect(text == "weights 10")
    }

    @Test func onlyTheNewestAreKept() throws {
        defer { clean() }
        for step in 1...5 { try write(step, keep: 2) }
        #expect(try names() == ["step-000004", "step-000005"])
    }

    @Test func aStepAboveAMillionKeepsItsOrder() throws {
        defer { clean() }
        for step in [999_999, 1_000_000] { try write(step) }
        #expect(try CheckpointDirectory.newestValid(in: run).step == 1_000_000)
    }

    @Test func everyKindOfDamageIsNoticedAndNamed() throws {
        defer { clean() }
        for step in 1...6 { try write(step) }
        func file(_ step: Int, _ name: String) -> URL {
            CheckpointDirectory.url(ofStep: step, in: run).appendingPathComponent(name)
        }
        try Data("weights".utf8).write(to: file(6, "model.bin"))
        try Data("weighty 5".utf8).write(to: file(5, "model.bin"))
        try FileManager.default.removeItem(at: file(4, "tokenizer/vocab.json"))
        try Data().write(to: file(3, "extra.bin"))
        try FileManager.default.removeItem(at: file(2, "manifest.json"))
        let search = try CheckpointDirectory.newestValid(in: run)
        #expect(search.step == 1)
        let reasons = search.skipped.map(\.reason)
        #expect(reasons.count == 5)
        #expect(reasons[0] == "model.bin has 7 bytes, expected 9")
        #expect(reasons[1].hasPrefix("model.bin has SHA-256 "))
        #expect(reasons[2] == "tokenizer/vocab.json is missing")
        #expect(reasons[3] == "extra.bin is not in the manifest")
        #expect(reasons[4].contains("manifest.json: cannot be read"))
    }

    @Test func aCheckpointUnderAnotherStepsNameIsSkipped() throws {
        defer { clean() }
        try write(1)
        try write(2)
        let wrong = CheckpointDirectory.url(ofStep: 7, in: run)
        try FileManager.default.moveItem(at: CheckpointDirectory.url(ofStep: 2, in: run), to: wrong)
        let search = try CheckpointDirectory.newestValid(in: run)
        #expect(search.step == 1)
        #expect(search.skipped.map(\.url) == [wrong])
        #expect(search.skipped.map(\.reason) == ["its manifest is that of step 2"])
    }

    @Test func aWriterThatFailsLeavesEverythingAsItWas() throws {
        struct Full: Error {}
        defer { clean() }
        try write(1)
        #expect(throws: Full.self) {
            try CheckpointDirectory.write(step: 2, into: run, keep: 1) { directory in
                try Data("half".utf8).write(to: directory.appendingPathComponent("model.bin"))
                throw Full()
            }
        }
        #expect(try names() == ["step-000001"])
        #expect(try latest() == "checkpoints/step-000001")
    }

    @Test func aWriterThatIsKilledLeavesTheCheckpointsBeforeIt() async throws {
        defer { clean() }
        try write(1)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = run.path as String] in
            try CheckpointDirectory.write(step: 2, into: URL(fileURLWithPath: path), keep: 1) { directory in
                try Data("half".utf8).write(to: directory.appendingPathComponent("model.bin"))
                kill(getpid(), SIGKILL)
            }
        }
        let search = try CheckpointDirectory.newestValid(in: run)
        #expect(search.step == 1)
        #expect(search.skipped.map(\.reason) == ["was not finished"])
        try write(2)
        #expect(try names() == ["step-000001", "step-000002"])
    }

    @Test func aDamagedCheckpointIsReplacedAndAnEqualOneLeftAlone() throws {
        defer { clean() }
        try write(3)
        let url = CheckpointDirectory.url(ofStep: 3, in: run)
        let before = try FileManager.default.attributesOfItem(atPath: url.path)[.systemFileNumber] as? Int
        try write(3)
        #expect(try FileManager.default.attributesOfItem(atPath: url.path)[.systemFileNumber] as? Int == before)
        try Data("broken".utf8).write(to: url.appendingPathComponent("model.bin"))
        try write(3)
        #expect(CheckpointDirectory.defect(of: url) == nil)
        try write(3, text: "other")
        #expect(try String(contentsOf: url.appendingPathComponent("model.bin"), encoding: .utf8) == "other 3")
        #expect(try names() == ["step-000003"])
    }

    @Test func aFileIsReplacedWhole() throws {
        defer { clean() }
        try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
        let url = run.appendingPathComponent("state.json")
        for text in ["first, and longer", "second"] {
            try atomicWrite(Data(text.utf8), to: url)
            #expect(try String(contentsOf: url, encoding: .utf8) == text)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.path) == ["state.json"])
        #expect(throws: CheckpointError.self) { try atomicWrite(Data(), to: run.appendingPathComponent("no/file")) }
    }
}
