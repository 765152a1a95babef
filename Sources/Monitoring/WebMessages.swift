package import Foundation

/// A question that was asked of a process: what is wanted, and nothing of how it was asked.
package struct WebRequest: Sendable {
    package var path: String
    /// The first value of each name.
    package var query: [String: String]

    package init(path: String, query: [String: String] = [:]) {
        self.path = path
        self.query = query
    }

    /// The whole number called `name`.
    package func integer(_ name: String) -> Int? { query[name].flatMap { Int($0) } }

    /// The finite number called `name`.
    package func number(_ name: String) -> Double? {
        query[name].flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }
}

/// An answer.
package struct WebResponse: Sendable {
    package enum Body: Sendable {
        case data(Data)
        /// Server-sent events: the text of each, as `data:`; the connection stays open.
        case events(AsyncStream<String>)
    }

    package var status: Int
    package var contentType: String
    package var body: Body
    package var headers: [String: String] = [:]

    package init(status: Int = 200, contentType: String, body: Body) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    package static func text(_ text: String, status: Int = 200, type: String = "text/plain") -> WebResponse {
        WebResponse(status: status, contentType: "\(type); charset=utf-8", body: .data(Data(text.utf8)))
    }

    package static func json(_ bytes: [UInt8], status: Int = 200) -> WebResponse {
        WebResponse(status: status, contentType: "application/json", body: .data(Data(bytes)))
    }

    package static let notFound = WebResponse.text("there is nothing here\n", status: 404)
}
