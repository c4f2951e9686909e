internal import CWebSockets

/// Reads what libwebsockets parsed of a request or a response. Only valid inside a callback that
/// still has the headers.
struct HeaderTable {
  let wsi: OpaquePointer

  /// "authorization:" and so on, by lws' token number; nil for tokens that are no header.
  private static let names: [(token: lws_token_indexes, name: String)] = {
    var names: [(lws_token_indexes, String)] = []
    for number in 0..<UInt32(WSI_TOKEN_COUNT.rawValue) {
      let token = lws_token_indexes(number)
      guard let text = lws_token_to_string(token) else { continue }
      var name = String(cString: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
      guard name.last == ":", name.count > 1, name.first != ":" else { continue }
      name.removeLast()
      names.append((token, name))
    }
    return names
  }()

  func headers(extra: [String]) -> HTTPHeaders {
    var headers = HTTPHeaders()
    for (token, name) in Self.names {
      if let value = value(token) { headers.append(name, value) }
    }
    for name in extra where headers[name] == nil {
      if let value = custom(name) { headers.append(name.lowercased(), value) }
    }
    return headers
  }

  func value(_ token: lws_token_indexes) -> String? {
    let length = lws_hdr_total_length(wsi, token)
    guard length > 0 else { return nil }
    return text(capacity: Int(length)) { lws_hdr_copy(wsi, $0, Int32($1), token) }
  }

  /// The query, split and percent-decoded by lws.
  func query() -> [QueryItem] {
    var items: [QueryItem] = []
    var index: Int32 = 0
    while true {
      let length = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, index)
      guard length > 0 else { return items }
      let text = text(capacity: Int(length)) {
        lws_hdr_copy_fragment(wsi, $0, Int32($1), WSI_TOKEN_HTTP_URI_ARGS, index)
      }
      let parts = (text ?? "").split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      items.append(QueryItem(String(parts[0]), parts.count > 1 ? String(parts[1]) : ""))
      index += 1
    }
  }

  /// The method and the percent-decoded path.
  func target() -> (method: String, path: String)? {
    var start: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    let method = lws_http_get_uri_and_method(wsi, &start, &length)
    guard let start, length > 0 else { return nil }
    guard let name = Self.methodName(method) else { return nil }
    let bytes = UnsafeRawBufferPointer(start: start, count: Int(length))
    return (name, String(decoding: bytes, as: UTF8.self))
  }

  private static func methodName(_ method: Int32) -> String? {
    switch Int(method) {
    case LWSHUMETH_GET: "GET"
    case LWSHUMETH_POST: "POST"
    case LWSHUMETH_PUT: "PUT"
    case LWSHUMETH_DELETE: "DELETE"
    case LWSHUMETH_PATCH: "PATCH"
    case LWSHUMETH_HEAD: "HEAD"
    case LWSHUMETH_OPTIONS: "OPTIONS"
    default: nil
    }
  }

  func peer() -> String {
    text(capacity: 63) { buffer, size in
      lws_get_peer_simple(wsi, buffer, size) == nil ? -1 : Int32(strlen(buffer))
    } ?? ""
  }

  private func custom(_ name: String) -> String? {
    // lws looks for the lower-case name with its colon.
    let wanted = name.lowercased() + ":"
    let length = lws_hdr_custom_length(wsi, wanted, Int32(wanted.utf8.count))
    guard length > 0 else { return nil }
    return text(capacity: Int(length)) {
      lws_hdr_custom_copy(wsi, $0, Int32($1), wanted, Int32(wanted.utf8.count))
    }
  }

  private func text(
    capacity: Int, _ copy: (UnsafeMutablePointer<CChar>, Int) -> Int32
  ) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let length = copy(base, capacity + 1)
      guard length >= 0 else { return nil }
      return String(
        decoding: UnsafeRawBufferPointer(start: base, count: Int(length)), as: UTF8.self)
    }
  }
}
