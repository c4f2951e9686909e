package struct HTTPHeader: Sendable, Hashable {
  package var name: String
  package var value: String
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// Headers looked up without regard to case; their names are kept in lower case.
package struct HTTPHeaders: Sendable, Hashable {
  package private(set) var all: [HTTPHeader]

  package init(_ all: [HTTPHeader] = []) {
    self.all = all.map { HTTPHeader($0.name.lowercased(), $0.value) }
  }

  package subscript(_ name: String) -> String? {
    let wanted = name.lowercased()
    return all.first { $0.name == wanted }?.value
  }

  /// All values under a name, in the order they came. `name` is in lower case.
  func values(_ name: String) -> [String] {
    all.lazy.filter { $0.name == name }.map(\.value)
  }

  /// The comma-separated words under a name, in lower case.
  func tokens(_ name: String) -> [String] {
    values(name).flatMap { value in
      value.split { $0 == "," || $0 == " " || $0 == "\t" }.map { $0.lowercased() }
    }
  }

  /// The name of `header` is in lower case.
  mutating func append(_ header: HTTPHeader) { all.append(header) }
}

package struct QueryItem: Sendable, Hashable {
  package var name: String
  package var value: String
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A request whose body has arrived in full.
package struct HTTPRequest: Sendable {
  package let id: RequestID
  package let method: String
  /// Percent-decoded, without the query.
  package let path: String
  package let query: [QueryItem]
  package let headers: HTTPHeaders
  package let body: [UInt8]
  /// The address of the peer, e.g. "127.0.0.1".
  package let peer: String

  package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// Someone asks to turn an HTTP connection into a WebSocket.
package struct UpgradeRequest: Sendable {
  /// What the connection will be called, if it is accepted.
  package let id: ConnectionID
  package let path: String
  package let query: [QueryItem]
  package let headers: HTTPHeaders
  package let peer: String

  package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

package enum UpgradeDecision: Sendable {
  case accept
  /// The peer sees this HTTP status and body instead of a WebSocket.
  case refuse(status: Int, body: String)
}

/// The reason phrases of the statuses this project sends; HTTP/1.1 allows an empty one.
func reasonPhrase(_ status: Int) -> String {
  switch status {
  case 200: "OK"
  case 201: "Created"
  case 202: "Accepted"
  case 204: "No Content"
  case 304: "Not Modified"
  case 400: "Bad Request"
  case 401: "Unauthorized"
  case 403: "Forbidden"
  case 404: "Not Found"
  case 405: "Method Not Allowed"
  case 406: "Not Acceptable"
  case 408: "Request Timeout"
  case 409: "Conflict"
  case 410: "Gone"
  case 411: "Length Required"
  case 413: "Content Too Large"
  case 415: "Unsupported Media Type"
  case 422: "Unprocessable Content"
  case 426: "Upgrade Required"
  case 431: "Request Header Fields Too Large"
  case 429: "Too Many Requests"
  case 500: "Internal Server Error"
  case 501: "Not Implemented"
  case 503: "Service Unavailable"
  case 505: "HTTP Version Not Supported"
  case 507: "Insufficient Storage"
  default: ""
  }
}
