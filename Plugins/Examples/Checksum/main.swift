// An executor for "with: checksum", with PluginKit: it adds up the bytes of what it is given. The
// protocol, the spool, limits on output and redaction are the kit's; this is all that remains.

import PluginKit

final class Checksum: CallExecutor {
  func prepare(_ call: PluginCall) throws(Refusal) {
    // Nothing may run yet: only what would stop the call is looked for.
    guard call.script.allSatisfy({ $0.isWhitespace }) else {
      throw Refusal(
        reason: "script.unexpected", message: "checksum takes no script",
        remedy: "leave the script blank; what is added up comes on standard input")
    }
  }

  func start(_ call: PluginCall) {
    call.started()
    let sum = (call.stdin ?? "").utf8.reduce(UInt32(0)) { $0 &+ UInt32($1) }
    let line = Array("{\"sum\":\(sum)}\n".utf8)
    line.withUnsafeBytes { call.write($0, to: .stdout) }
    call.ended(.exit(code: 0))
  }

  // It is over before anyone could cancel it; and there is nothing staged.
  func cancel(_ call: PluginCall, because reason: CancelReason) {}
  func discard(_ call: PluginCall) {}
}

let server = try PluginServer(
  Plugin(name: "checksum", version: "1.0.0", executors: ["checksum"], inputs: [.stdin]))
try server.run(Checksum())
