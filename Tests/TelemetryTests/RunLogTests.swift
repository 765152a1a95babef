import Foundation
import Telemetry
import Testing

struct RunLogTests {
    private let url = FileManager.default.temporaryDirectory
        .appendingPathComponent("\(UUID().uuidString)/metrics.jsonl")

    private func text() throws -> String { try String(contentsOf: url, encoding: .utf8) }
    private func clean() { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }

    @Test func aRecordIsOneLineAndReadsBackTheSame() throws {
        defer { clean() }
        let log = try RunLog(url: url)
        try log.append(step: 1, time: 2.5, metrics: ["critic/score/mean": 0.1, "actor/lr": 1e-5, "a\"b": -3])
        let line = #"{"step":1,"time":2.5,"a\"b":-3.0,"actor/lr":1e-05,"critic/score/mean":0.1}"# + "\n"
        #expect(try text() == line)
        let metrics = ["critic/score/mean": 0.1, "actor/lr": 1e-5, "a\"b": -3]
        #expect(try RunLog.read(url) == [RunLog.Record(step: 1, time: 2.5, metrics: metrics)])
    }

    @Test func whatIsNotFiniteIsNullAndReadsBackAsNaN() throws {
        defer { clean() }
        try RunLog(url: url).append(step: 1, time: 0, metrics: ["actor/grad_norm": .infinity])
        #expect(try text().contains(#""actor/grad_norm":null"#))
        #expect(try RunLog.read(url).first?.metrics["actor/grad_norm"]?.isNaN == true)
    }

    @Test func resumingRemovesTheRecordsOfStepsThatWillBeMadeAgain() throws {
        defer { clean() }
        let first = try RunLog(url: url)
        for step in 1...5 { try first.append(step: step, time: 0, metrics: ["x": Double(step)]) }
        let second = try RunLog(url: url, resumingAfter: 3)
        #expect(try RunLog.read(url).map(\.step) == [1, 2, 3])
        try second.append(step: 4, time: 0, metrics: [:])
        #expect(try RunLog.read(url).map(\.step) == [1, 2, 3, 4])
    }

    @Test(arguments: 1...40) func aLogCutAnywhereInItsLastLineKeepsTheOthers(cut: Int) throws {
        defer { clean() }
        let log = try RunLog(url: url)
        for step in 1...3 { try log.append(step: step, time: 0, metrics: ["critic/score/mean": 0.25]) }
        let whole = try Data(contentsOf: url)
        try whole.dropLast(cut).write(to: url)
        #expect(try RunLog.read(url).map(\.step) == [1, 2])
        // What is appended after the crash must not run into the torn line.
        try RunLog(url: url).append(step: 3, time: 0, metrics: [:])
        #expect(try RunLog.read(url).map(\.step) == [1, 2, 3])
    }

    @Test func aBrokenLineInTheMiddleIsNamed() throws {
        defer { clean() }
        let log = try RunLog(url: url)
        try log.append(step: 1, time: 0, metrics: [:])
        var data = try Data(contentsOf: url)
        data += Data("{\"step\":\n".utf8)
        try data.write(to: url)
        let error = #expect(throws: TelemetryError.self) { try RunLog.read(url) }
        #expect(error?.description == "\(url.path), line 2: expected an object with step, time and numbers")
    }

    @Test func linesOfManyWritersNeverMix() async throws {
        defer { clean() }
        let log = try RunLog(url: url)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for step in 0..<100 {
                        try? log.append(step: writer * 100 + step, time: 0, metrics: ["critic/score/mean": 1])
                    }
                }
            }
        }
        #expect(Set(try RunLog.read(url).map(\.step)) == Set(0..<800))
    }
}
