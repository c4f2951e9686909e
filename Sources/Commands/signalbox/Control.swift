import API
import CommandLine
import JSON
import Platform
import Sockets

/// The control plane, as a command reaches it.
struct Control: Sendable {
  let address: String
  let port: UInt16
  private let token: String

  /// Finds the control plane that keeps its data in the directory.
  init(_ arguments: Arguments) throws(Failure) {
    try self.init(directory: try dataDirectory(arguments))
  }

  init(directory: String) throws(Failure) {
    let place: JSON
    do {
      place = try JSON(
        parsing: try Files.read("\(directory)/\(DataDirectory.addressName)", limit: 4_096))
    } catch let error as SystemError where error.isPermission {
      throw Failure(
        "data.permission", "\(directory) may not be read: \(error)",
        remedy: "run the command as the user that runs the control plane", exit: .noPermission)
    } catch {
      throw Failure(
        "unavailable", "no control plane is running with the data directory \(directory)",
        remedy: "start one with \"signalbox serve\", or name its directory with --data",
        exit: .unavailable)
    }
    guard let address = place["address"]?.string, let number = place["port"]?.int,
      let port = UInt16(exactly: number)
    else {
      throw Failure(
        "data.address", "\(directory)/\(DataDirectory.addressName) is damaged",
        remedy: "start the control plane again", exit: .unavailable)
    }
    do {
      token = try DataDirectory.readToken("\(directory)/\(DataDirectory.apiTokenName)")
    } catch {
      throw Failure(
        "data.token", "the API token cannot be read: \(error)",
        remedy: "run the command as the user that runs the control plane", exit: .noPermission)
    }
    self.address = address
    self.port = port
  }

  func request(_ method: String, _ path: String, _ body: JSON? = nil) -> HTTPCall {
    var headers = [HTTPHeader("authorization", "Bearer \(token)")]
    if body != nil { headers.append(HTTPHeader("content-type", "application/json")) }
    return HTTPCall(
      method, host: address, port: port, path: path, headers: headers, body: body?.bytes ?? [])
  }

  func get(_ path: String) throws(Failure) -> JSON { try send(request("GET", path)) }

  func send(_ call: HTTPCall, timeout: Duration = .seconds(60)) throws(Failure) -> JSON {
    let response: HTTPExchange.Response
    do {
      response = try HTTPExchange.perform(call, maxBodyBytes: 512 << 20, timeout: timeout)
    } catch {
      throw unavailable(error)
    }
    let body = try? JSON(
      parsing: response.body, limits: JSONLimits(maxBytes: 512 << 20, maxValues: 10_000_000))
    guard (200...299).contains(response.status) else {
      throw Failure(status: response.status, body)
    }
    guard let body else {
      throw Failure(
        "answer", "the answer of the control plane is no JSON",
        remedy: "is something else listening at \(address):\(port)?", exit: .unavailable)
    }
    return body
  }

  func unavailable(_ error: SocketsError) -> Failure {
    Failure(
      "unavailable",
      "the control plane at \(address):\(port) cannot be reached: \(error.message)",
      remedy: "start it with \"signalbox serve\", or name its directory with --data",
      exit: .unavailable)
  }
}

extension Failure {
  /// An answer of the API that is an error.
  init(status: Int, _ body: JSON?) {
    let error = body?["error"]
    let code = error?["code"]?.string ?? "http.\(status)"
    var message = error?["message"]?.string ?? "the control plane answered \(status)"
    for violation in error?["violations"]?.array ?? [] {
      message += "\n  " + violationWords(violation)
    }
    let exit: ExitCode =
      switch status {
      case 401, 403: .noPermission
      case 422: .invalidData
      case 500...: .software
      default: .refused
      }
    self.init(code, message, remedy: error?["remedy"]?.string ?? "", exit: exit)
  }
}

/// A broken rule in a line.
func violationWords(_ violation: JSON) -> String {
  let place = violation["pointer"]?.string ?? ""
  let expected = violation["expected"]?.string ?? "something else"
  let actual = violation["actual"]?.string ?? "this"
  return "\(place.isEmpty ? "the whole" : place): expected \(expected), found \(actual)"
}

/// A path segment or query value, with everything escaped that could mean something in an address.
func escaped(_ text: String) -> String {
  var out = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      out.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      out += "%" + (digits.count == 1 ? "0" : "") + digits
    }
  }
  return out
}

/// Where the control plane keeps its data.
func dataDirectory(_ arguments: Arguments) throws(Failure) -> String {
  if let given = arguments["data"] ?? Machine.environment("SIGNALBOX_DATA"), !given.isEmpty {
    return given
  }
  if Machine.effectiveUser == 0 { return "/var/lib/signalbox" }
  if let state = Machine.environment("XDG_STATE_HOME"), state.hasPrefix("/") {
    return state + "/signalbox"
  }
  guard let home = Machine.environment("HOME"), home.hasPrefix("/") else {
    throw Failure(
      "data.unknown", "there is no home directory to keep data in",
      remedy: "name a directory with --data", exit: .usage)
  }
  return home + "/.local/state/signalbox"
}

/// Who asks, for the record.
func requester(_ arguments: Arguments) -> String {
  if let by = arguments["by"] { return by }
  for name in ["SUDO_USER", "LOGNAME", "USER"] {
    if let user = Machine.environment(name), !user.isEmpty { return user }
  }
  return "user \(Machine.effectiveUser)"
}
