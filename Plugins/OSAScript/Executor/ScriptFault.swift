/// What an error of osascript means, by the number that it ends with: osascript itself ends with 1 for
/// all of them.
package struct ScriptFault: Sendable, Equatable {
  /// Exit codes that a definition can tell apart. The numbers are those of sysexits(3) where there is
  /// one that fits.
  package enum Kind: Int, Sendable, CaseIterable {
    case script = 1
    case syntax = 65
    case unavailable = 69
    case timedOut = 75
    /// macOS has not allowed it, or its user has not: no fault of the script.
    case consent = 77
    case cancelledByUser = 125
  }

  package let number: Int
  package let kind: Kind
  /// In words, after Apple's name for the number.
  package let reason: String
  package let remedy: String

  /// Reads what osascript wrote: `FILE:12:34: execution error: MESSAGE (-1743)`. The last error counts,
  /// because scripts may have handled those before.
  /// - Returns: `nil` where no error is told.
  package init?(standardError text: String) {
    let line = text.split(separator: "\n").last { line in
      line.contains("execution error:") || line.contains("syntax error:")
    }
    guard let line, let number = Self.number(in: line) else { return nil }
    if line.contains("syntax error:") {
      self.init(
        number, .syntax, "the script cannot be compiled", "correct it; nothing of it has run")
    } else if line.contains("assistive access") || Self.isRefusedInput(number, line) {
      self.init(
        number, .consent, "osascript is not allowed to control this Mac",
        "allow it in System Settings > Privacy & Security > Accessibility, or by a PPPC profile")
    } else {
      self.init(number: number)
    }
  }

  /// System Events says it by a positive number, which a script may also have for errors of its own; and
  /// the words are in the user's language, but for its name.
  private static func isRefusedInput(_ number: Int, _ line: Substring) -> Bool {
    number == 1002 && line.contains("System Events")
  }

  private init(_ number: Int, _ kind: Kind, _ reason: String, _ remedy: String) {
    self.number = number
    self.kind = kind
    self.reason = reason
    self.remedy = remedy
  }

  /// Numbers by MacErrors.h and AppleEvents' AEDataModel.h.
  package init(number: Int) {
    switch number {
    case -128:
      self.init(
        number, .cancelledByUser, "the user cancelled it (userCanceledErr)",
        "agree with the user first; a later call asks again")
    case -1743:
      self.init(
        number, .consent,
        "Apple events to that application are not permitted"
          + " (errAEEventNotPermitted)",
        "allow it in System Settings > Privacy & Security > Automation, or by a PPPC profile")
    case -1744:
      self.init(
        number, .consent, "the user has not been asked yet (errAEEventWouldRequireUserConsent)",
        "run it once while the user is there, or allow it by a PPPC profile")
    case -25211:
      self.init(
        number, .consent, "osascript is not allowed to control this Mac (kAXErrorAPIDisabled)",
        "allow it in System Settings > Privacy & Security > Accessibility, or by a PPPC profile")
    case -10004:
      self.init(
        number, .consent, "a privilege violation (errAEPrivilegeError)",
        "let the application itself do it, or allow it by a PPPC profile")
    case -1712:
      self.init(
        number, .timedOut, "the application did not answer the Apple event in time (errAETimeout)",
        "it may show a dialog; look at it, or give it longer by \"with timeout\"")
    case -600:
      self.init(
        number, .unavailable, "the application is not running (procNotFound)",
        "start it first, or let the script launch it")
    case -609:
      self.init(
        number, .unavailable, "the application went away (connectionInvalid)",
        "it may have crashed or quit; call again")
    case -10810:
      self.init(
        number, .unavailable, "the application could not be started (kLSUnknownErr)",
        "check that a user is logged in at the screen, and that it starts by hand")
    case -10814:
      self.init(
        number, .unavailable, "no such application is installed (kLSApplicationNotFoundErr)",
        "install it, or check the name")
    default:
      self.init(number, .script, "the script failed", "see the message above")
    }
  }

  /// What the call's standard error says besides osascript's own words.
  package var advice: String { "signalbox: \(number): \(reason); \(remedy)\n" }

  private static func number(in line: Substring) -> Int? {
    guard line.last == ")", let open = line.lastIndex(of: "(") else { return nil }
    return Int(line[line.index(after: open)...].dropLast())
  }
}
