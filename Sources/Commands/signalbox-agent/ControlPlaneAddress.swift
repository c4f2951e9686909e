import Bridge
import CommandLine
import JSON
import Platform

/// Where the control plane is: `HOST:PORT`, or the file in which one says where it listens. The file
/// is read for each dial, because it comes and goes with the control plane.
enum ControlPlaneAddress {
  case fixed(DialAddress)
  case file(String)

  init(_ text: String, path: [String]) throws {
    if text.hasSuffix(".json") {
      self = .file(text.hasPrefix("/") ? text : try Files.resolved(".") + "/" + text)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else {
      throw UsageError("--control-plane is HOST:PORT, not \"\(text)\"", path: path)
    }
    let host = String(text[..<colon])
    guard Self.isLoopback(host) else {
      throw Failure(
        "notLoopback", "refuses to dial \(host): without TLS the bridge stays on loopback",
        remedy: "run the agent on the control plane's machine", exit: .usage)
    }
    self = .fixed(DialAddress(host: host, port: port))
  }

  var words: String {
    switch self {
    case .fixed(let address): "\(address.host):\(address.port)"
    case .file(let path): path
    }
  }

  func current() throws(DialFailure) -> DialAddress {
    switch self {
    case .fixed(let address): address
    case .file(let path): try Self.read(path)
    }
  }

  private static func read(_ path: String) throws(DialFailure) -> DialAddress {
    let json: JSON
    do {
      json = try JSON(parsing: try Files.read(path, limit: 64 << 10))
    } catch let error as SystemError where error.isNotFound {
      throw DialFailure(reason: "\(path) is not there: waits for a control plane to write it")
    } catch {
      throw DialFailure(reason: "\(path) does not say where a control plane listens: \(error)")
    }
    guard let host = json["address"]?.string, let number = json["port"]?.int,
      let port = UInt16(exactly: number), port > 0
    else {
      throw DialFailure(reason: "\(path) has no address and port of a control plane")
    }
    guard isLoopback(host) else {
      throw DialFailure(
        reason: "refuses to dial \(host), as \(path) says: without TLS the bridge stays on loopback"
      )
    }
    return DialAddress(host: host, port: port)
  }

  private static func isLoopback(_ host: String) -> Bool {
    ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host)
  }
}
