import Model
import Wire

/// Why an offered call is not taken.
struct Refused: Error {
  private let code: String
  /// For what another runtime of this endpoint may not lack.
  private let cause: RefusalCause?
  private let reason: String
  private let remedy: String

  /// No runtime of this endpoint could run it.
  init(code: String, reason: String, remedy: String) {
    self.code = code
    cause = nil
    self.reason = reason
    self.remedy = remedy
  }

  /// This runtime cannot run it.
  private init(_ cause: RefusalCause, reason: String, remedy: String) {
    code = cause.rawValue
    self.cause = cause
    self.reason = reason
    self.remedy = remedy
  }

  /// - Parameter doubt: why the user may be logged in all the same.
  static func noSession(of user: String, doubt: String?) -> Refused {
    if let doubt {
      return Refused(
        .noRuntime, reason: "no session of \(user) was found, but the agent \(doubt)",
        remedy: "mend that on the endpoint, and call again; or call in another runtime of it")
    }
    return Refused(
      .noRuntime, reason: "\(user) is not logged in, so there is no such session",
      remedy: "call again once \(user) is logged in, or in another runtime of the endpoint")
  }

  static func noExecutor(_ executor: String, on platform: String) -> Refused {
    Refused(
      .noExecutor, reason: "no executor for \(executor) on \(platform)",
      remedy: "install the plugin signalbox-plugin-\(executor) beside the agent, or"
        + " call an endpoint that has it")
  }

  static func notForOthers(_ executor: String) -> Refused {
    Refused(
      .noExecutor, reason: "the executor \(executor) cannot run a call as another user",
      remedy: "call it in the service, or have the tool use another executor")
  }

  var report: Report { .rejected(code: code, reason: reason, remedy: remedy) }

  /// A control plane that names no runtime has no other one to turn to: it gets an end of the call,
  /// with its row in the journal.
  func admission(of offer: Offer) -> Admission {
    guard let cause, offer.runtime != nil else { return .refused(report) }
    return .elsewhere(
      RefusedOffer(
        call: offer.call, attempt: offer.attempt, cause: cause, reason: reason, remedy: remedy))
  }
}
