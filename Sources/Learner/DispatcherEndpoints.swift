/// Where programs go: to the learner's own dispatcher, or to one or several of their own.
///
/// Written as text when there is none or one, and as a list when there are several.
package struct DispatcherEndpoints: Codable, Sendable, Equatable {
    /// Of more the welcome of a worker has no room.
    static let most = 32

    /// Endpoints for programs of `ppocoder-sandbox dispatch`; none: the learner's own dispatcher.
    package var endpoints: [String]

    package init(_ endpoints: [String] = []) { self.endpoints = endpoints }

    /// Whether the learner's own dispatcher is used.
    package var isEmbedded: Bool { endpoints.isEmpty }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            endpoints = text.isEmpty ? [] : [text]
        } else {
            endpoints = try container.decode([String].self)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if endpoints.count > 1 { try container.encode(endpoints) } else { try container.encode(endpoints.first ?? "") }
    }

    /// - Throws: ``ConfigurationError`` that names the endpoint that cannot be one, or is there twice.
    func validate() throws(ConfigurationError) {
        let key = "cluster.dispatcher"
        guard endpoints.count <= Self.most else {
            throw .outOfRange(key: key, value: "\(endpoints.count) endpoints", expected: "\(Self.most) at most")
        }
        var places: Set<String> = []
        for endpoint in endpoints {
            guard Self.isEndpoint(endpoint) else {
                let expected = "ipc://PATH or tcp://HOST:PORT, or a list of them"
                throw .outOfRange(key: key, value: "'\(endpoint)'", expected: expected)
            }
            let place = endpoint.replacing("//localhost:", with: "//127.0.0.1:")
            guard places.insert(place).inserted else {
                let expected = "every dispatcher once: jobs are divided among them by their endpoints"
                throw .outOfRange(key: key, value: "\(endpoint) twice", expected: expected)
            }
        }
    }

    private static func isEndpoint(_ text: String) -> Bool {
        if text.hasPrefix("ipc://") { return text.count > "ipc://".count }
        guard text.hasPrefix("tcp://"), let colon = text.lastIndex(of: ":") else { return false }
        let host = text.dropFirst("tcp://".count).prefix { $0 != "/" }
        let port = UInt16(text[colon...].dropFirst())
        return !host.hasPrefix(":") && !host.hasPrefix("*") && (port ?? 0) > 0
    }
}

extension DispatcherEndpoints: CustomStringConvertible {
    package var description: String { isEmbedded ? "the learner's own" : endpoints.joined(separator: ", ") }
}
