import Foundation
import Monitoring
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

struct WebServerTests {
    /// A server at a free port while `body` runs.
    static func serve(token: String? = nil, _ body: (ListenAddress) async throws -> Void) async throws {
        let server = try WebServer(address: ListenAddress("127.0.0.1:0"), token: token.map(AccessToken.init)) {
            request in
            .text(
                "\(request.path) \(request.query.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "&"))"
            )
        }
        let (addresses, continuation) = AsyncStream<ListenAddress>.makeStream()
        let serving = Task { try await server.run { continuation.yield($0) } }
        defer { serving.cancel() }
        for await address in addresses {
            try await body(address)
            break
        }
    }

    struct Answer {
        var status: Int
        var text: String
        var headers: [String: String]
    }

    /// One request over a socket, written by hand, so that its headers are what the test says.
    static func ask(_ address: ListenAddress, _ lines: String...) throws -> Answer {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        let request = lines.joined(separator: "\\r\\n") + "\\r\\nConnection: close\\r\\n\\r\\n"
        process.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(address.port); printf '\(request)' >&3; cat <&3"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        let head = try #require(parts.first).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let pair = line.split(separator: ": ", maxSplits: 1)
            headers[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
        return Answer(
            status: Int(head[0].split(separator: " ")[1]) ?? 0,
            text: parts.count > 1 ? String(parts[1]) : "",
            headers: headers
        )
    }

    @Test func aPageIsAnsweredWithTheHeadersThatKeepItAlone() async throws {
        try await Self.serve { (address: ListenAddress) async throws in
            let answer = try Self.ask(address, "GET /a?b=1&b=2 HTTP/1.1", "Host: localhost:\(address.port)")
            #expect(answer.status == 200 && answer.text == "/a b=1")
            let policy = try #require(answer.headers["Content-Security-Policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"))
            #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
        }
    }

    @Test func nothingCanBeWritten() async throws {
        try await Self.serve { (address: ListenAddress) async throws in
            for method in ["POST", "PUT", "DELETE"] {
                let answer = try Self.ask(address, "\(method) / HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 0")
                #expect(answer.status == 405)
            }
        }
    }

    @Test func anotherHostsNameIsRefused() async throws {
        try await Self.serve { (address: ListenAddress) async throws in
            #expect(try Self.ask(address, "GET / HTTP/1.1", "Host: evil.example:\(address.port)").status == 421)
            #expect(try Self.ask(address, "GET / HTTP/1.1", "Host: 127.0.0.1.evil.example").status == 421)
            #expect(try Self.ask(address, "GET / HTTP/1.1", "Host: [::1]:80").status == 200)
        }
    }

    @Test func aTokenOpensByHeaderOrOnceByAddress() async throws {
        try await Self.serve(token: "0123456789abcdef") { (address: ListenAddress) async throws in
            #expect(try Self.ask(address, "GET / HTTP/1.1", "Host: x").status == 401)
            #expect(
                try Self.ask(address, "GET / HTTP/1.1", "Host: x", "Authorization: Bearer 0123456789abcdee").status
                    == 401
            )
            #expect(
                try Self.ask(address, "GET / HTTP/1.1", "Host: x", "Authorization: Bearer 0123456789abcdef").status
                    == 200
            )
            let first = try Self.ask(address, "GET /view?token=0123456789abcdef HTTP/1.1", "Host: x")
            #expect(first.status == 303 && first.headers["Location"] == "/view")
            #expect(first.headers["Set-Cookie"]?.contains("HttpOnly; SameSite=Strict") == true)
            #expect(
                try Self.ask(address, "GET / HTTP/1.1", "Host: x", "Cookie: ppocoder_token=0123456789abcdef").status
                    == 200
            )
        }
    }

    @Test func whatOthersReachNeedsAToken() throws {
        let everywhere = try ListenAddress("0.0.0.0:0")
        #expect(throws: MonitoringError.tokenNeeded(everywhere)) {
            _ = try WebServer(address: everywhere, token: nil) { _ in .notFound }
        }
        #expect(throws: MonitoringError.self) { try AccessToken("short") }
        #expect(throws: MonitoringError.self) { try AccessToken("0123456789abcdef; Path=/x") }
    }

    @Test(arguments: [
        ("8400", "127.0.0.1:8400"), ("localhost:1", "127.0.0.1:1"), ("[::1]:9", "[::1]:9"), ("0.0.0.0:0", "0.0.0.0:0"),
    ])
    func anAddressIsRead(text: String, meaning: String) throws {
        #expect(try ListenAddress(text).description == meaning)
    }

    @Test(arguments: ["", "x", "example.org:80", "1.2.3:80", "127.0.0.1:65536", "::1:x"])
    func aBadAddressIsRefused(text: String) {
        #expect(throws: MonitoringError.badAddress(text)) { try ListenAddress(text) }
    }

    @Test func metricsAndHealthAreServed() throws {
        let health = HealthService(role: "executor", name: "e1")
        health.update(["executor/slots_total": 4])
        guard case .data(let data)? = health.answer(WebRequest(path: "/metrics"))?.body else {
            return #expect(Bool(false))
        }
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("role=\"executor\"") && text.contains("ppocoder_executor_slots{"))
        #expect(text.contains("ppocoder_process_cpu_s"))
        #expect(health.answer(WebRequest(path: "/healthz"))?.status == 200)
        health.report(trouble: "the dispatcher is gone")
        #expect(health.answer(WebRequest(path: "/healthz"))?.status == 503)
        #expect(health.answer(WebRequest(path: "/")) == nil)
    }
}
