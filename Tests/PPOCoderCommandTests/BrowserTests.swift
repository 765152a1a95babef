import Foundation
import Testing

/// The page in a browser.
struct BrowserTests {
    private static let browser = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/chromium") }

    @Test(.enabled(if: browser, "there is no chromium: './setup --test' installs it, and 'make test' calls that"))
    func everyViewIsClickedThroughAtBothWidthsInLightAndDark() throws {
        let dashboard = try LiveProcess(
            "ppocoder",
            ["dashboard", try SeeCommandTests.run(), "--listen", "127.0.0.1:0"]
        )
        defer { dashboard.stop() }
        let address = try dashboard.match(/dashboard: (http:\/\/[0-9.:]+\/)/).1
        let check = try LiveProcess(CommandRun.root.appending(path: "Tools/check-dashboard").path, [String(address)])
        defer { check.stop() }
        let (code, text) = try check.end()
        #expect(code == 0, "\(text)")
        for view in ["1440 px, light", "1440 px, dark", "390 px, light", "390 px, dark"] {
            #expect(text.contains("\(view): every view clicked"))
        }
        #expect(try #require(text.firstMatch(of: /([0-9]+) tokens looked at in every colour/)).1 != "0")
    }
}
