internal import PluginKit

/// Looks at what osascript writes on its way to the call.
final class Reading {
  private let call: PluginCall
  private var blank = BlankOutput()
  /// The end of standard error, where the error is told.
  private var errors: [UInt8] = []
  private static let maxErrorBytes = 8_192

  init(_ call: PluginCall) { self.call = call }

  func take(_ bytes: UnsafeRawBufferPointer, _ stream: CallStream) {
    switch stream {
    case .stdout:
      let text = blank.take(Array(bytes))
      text.withUnsafeBytes { call.write($0, to: .stdout) }
    case .stderr:
      errors = (errors + bytes).suffix(Self.maxErrorBytes)
      call.write(bytes, to: .stderr)
    }
  }

  /// osascript ends with 1 for whatever went wrong; the number in its message tells what.
  func conclude(_ end: CallEnd) -> CallEnd {
    guard case .exit(let code) = end, code != 0,
      let fault = ScriptFault(standardError: String(decoding: errors, as: UTF8.self))
    else { return end }
    Array(fault.advice.utf8).withUnsafeBytes { call.write($0, to: .stderr) }
    return .exit(code: fault.kind.rawValue)
  }
}

/// osascript writes an empty line for a script without a result. That is no output.
package struct BlankOutput: Sendable {
  private var held: [UInt8] = []
  private var isOpen = false
  /// More blank bytes than this were meant.
  private static let maxHeldBytes = 64

  package init() {}

  /// - Returns: what is to be kept now; blank bytes wait until something follows.
  package mutating func take(_ bytes: [UInt8]) -> [UInt8] {
    if isOpen { return bytes }
    held += bytes
    let isBlank = held.allSatisfy { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 || $0 == 0x09 }
    if isBlank, held.count <= Self.maxHeldBytes { return [] }
    isOpen = true
    defer { held = [] }
    return held
  }
}
