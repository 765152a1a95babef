internal import FlyingFox
internal import FlyingSocks
internal import Foundation

/// Answers HTTP, read-only: GET and HEAD, with the headers that keep a page from loading or running anything else.
///
/// Without a token only this machine can ask, and a request that names another host is refused: a page elsewhere whose
/// name was made to point at 127.0.0.1 reads nothing.
package final class WebServer: Sendable {
    private let server: HTTPServer
    private let address: ListenAddress

    /// - Parameters:
    ///   - address: where to listen.
    ///   - token: what readers must show, as `Authorization: Bearer`, or once as `?token=` in a browser.
    ///   - handler: answers a request that was let in.
    /// - Throws: ``MonitoringError/tokenNeeded(_:)`` when others reach the address and there is no token.
    package init(
        address: ListenAddress,
        token: AccessToken?,
        handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws(MonitoringError) {
        guard address.isLoopback || token != nil else { throw .tokenNeeded(address) }
        self.address = address
        let guarded = GuardedHandler(token: token, handler: handler)
        do {
            server =
                address.isIPv6
                ? HTTPServer(
                    address: try .inet6(ip6: address.host, port: address.port),
                    timeout: Self.patience,
                    logger: .disabled,
                    handler: guarded
                )
                : HTTPServer(
                    address: try .inet(ip4: address.host, port: address.port),
                    timeout: Self.patience,
                    logger: .disabled,
                    handler: guarded
                )
        } catch {
            throw .cannotListen(address, reason: "\(error)")
        }
    }

    /// How long one answer may take to make, seconds.
    private static let patience = 60.0

    /// Serves until the task is cancelled.
    ///
    /// - Parameter listening: called once, with the address that was really taken.
    /// - Throws: ``MonitoringError/cannotListen(_:reason:)`` when the address is taken, for example.
    package func run(listening: @escaping @Sendable (ListenAddress) -> Void = { _ in }) async throws(MonitoringError) {
        let announcing = Task { [server, address] in
            try await server.waitUntilListening(timeout: 10)
            switch await server.listeningAddress {
            case .ip4(let host, let port)?: listening(try ListenAddress("\(host):\(port)"))
            case .ip6(let host, let port)?: listening(try ListenAddress("[\(host)]:\(port)"))
            default: listening(address)
            }
        }
        defer { announcing.cancel() }
        do {
            try await server.run()
        } catch {
            if Task.isCancelled { return }
            throw .cannotListen(address, reason: (error as? SocketError).map(Self.explain) ?? "\(error)")
        }
    }

    private static func explain(_ error: SocketError) -> String {
        if case .failed(_, let code, let message) = error { return code == EADDRINUSE ? "it is taken" : message }
        return "\(error)"
    }
}

/// Lets requests in, and dresses answers.
private struct GuardedHandler: HTTPHandler {
    let token: AccessToken?
    let handler: @Sendable (WebRequest) async -> WebResponse

    /// Nothing but our own files, and nobody may frame them.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.method == .GET || request.method == .HEAD else {
            return dress(.text("this server is read-only\n", status: 405))
        }
        var query: [String: String] = [:]
        for item in request.query where query[item.name] == nil { query[item.name] = item.value }
        if let token {
            if let shown = query["token"], token.matches(shown) {
                var answer = WebResponse.text("", status: 303)
                answer.headers["Location"] = request.path.hasPrefix("//") ? "/" : request.path
                answer.headers["Set-Cookie"] = "ppocoder_token=\(token.text); HttpOnly; SameSite=Strict; Path=/"
                return dress(answer)
            }
            guard Self.credentials(of: request).contains(where: token.matches) else {
                return dress(.text("open this page once with ?token=…\n", status: 401))
            }
        } else if !Self.isLocal(request.headers[.host] ?? "") {
            return dress(.text("this server answers on 127.0.0.1 only\n", status: 421))
        }
        return dress(await handler(WebRequest(path: request.path, query: query)))
    }

    private static func credentials(of request: HTTPRequest) -> [String] {
        var found: [String] = []
        if let header = request.headers[.authorization], header.hasPrefix("Bearer ") {
            found.append(String(header.dropFirst(7)))
        }
        for cookie in request.headers.values(for: .cookie).flatMap({ $0.split(separator: ";") }) {
            let text = cookie.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("ppocoder_token=") { found.append(String(text.dropFirst(15))) }
        }
        return found
    }

    /// Whether a Host header names this machine itself.
    private static func isLocal(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return name == "localhost" || name == "[::1]"
            || (name.hasPrefix("127.") && (try? ListenAddress("\(name):1")) != nil)
    }

    private func dress(_ response: WebResponse) -> HTTPResponse {
        var headers: HTTPHeaders = [
            .contentType: response.contentType,
            HTTPHeader("Content-Security-Policy"): Self.policy,
            HTTPHeader("X-Content-Type-Options"): "nosniff",
            HTTPHeader("Referrer-Policy"): "no-referrer",
            HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
            HTTPHeader("Cache-Control"): "no-store",
        ]
        for (name, value) in response.headers { headers[HTTPHeader(name)] = value }
        let status = HTTPStatusCode(response.status, phrase: Self.phrases[response.status, default: "Answer"])
        switch response.body {
        case .data(let data): return HTTPResponse(statusCode: status, headers: headers, body: data)
        case .events(let stream):
            return HTTPResponse(
                statusCode: status,
                headers: headers,
                body: HTTPBodySequence(from: EventBytes(stream: stream), suggestedBufferSize: 1 << 16)
            )
        }
    }

    private static let phrases = [
        200: "OK", 303: "See Other", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
        405: "Method Not Allowed",
        421: "Misdirected Request", 503: "Service Unavailable",
    ]
}

/// Server-sent events as bytes, one event per buffer.
private struct EventBytes: AsyncBufferedSequence {
    typealias Element = UInt8
    let stream: AsyncStream<String>

    func makeAsyncIterator() -> Iterator { Iterator(events: stream.makeAsyncIterator()) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var events: AsyncStream<String>.Iterator

        mutating func next() async throws -> UInt8? {
            preconditionFailure("the encoder of chunks asks for buffers")
        }

        mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
            guard let event = await events.next() else { return nil }
            // A comment keeps the connection alive and shows when the reader is gone.
            return Array((event.isEmpty ? ":\n\n" : "data: \(event)\n\n").utf8)
        }
    }
}
