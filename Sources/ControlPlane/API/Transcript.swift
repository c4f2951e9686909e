import Engine
import JSON
import Model
import Store
import Wire

/// One row of a call's transcript as people read it: what happened, who did it, by which clock, and
/// how the bridge stood then.
struct TranscriptEvent {
  let transition: StoredTransition
  private let actor: String
  private let text: String
  /// Part of finding out, or of doing again, what did not go through.
  private let isRecovery: Bool

  init(_ transition: StoredTransition, of call: StoredCall) {
    self.transition = transition
    let evidence = transition.evidence
    let controlPlane = "control plane"
    func word(_ name: String) -> String { evidence[name]?.string ?? "" }
    let attempt = evidence["attempt"]?.int ?? 1
    switch Transition.Kind(rawValue: transition.kind) {
    case .accepted:
      actor = word("by")
      text = "asked for \(call.tool) \(call.toolVersion); it is on disk"
      isRecovery = false
    case .offered:
      actor = controlPlane
      isRecovery = attempt > 1
      let runtime = evidence["runtime"]?.string ?? RuntimeName.service.text
      text =
        if evidence["insteadOf"] != nil {
          "requeue: offered to \(runtime), because \(word("because")); attempt \(attempt)"
        } else if isRecovery {
          "retry: offered to the same runtime (\(runtime)) again, attempt \(attempt)"
        } else {
          "offered to the runtime \(runtime), attempt \(attempt)"
        }
    case .acknowledged:
      actor = call.endpointName
      text = "acknowledged: its journal has the call on disk (\(word("state")))"
      isRecovery = false
    case .absent:
      actor = call.endpointName
      text = "its journal, intact, has no trace of attempt \(attempt): it never arrived"
      isRecovery = true
    case .refused:
      actor = call.endpointName
      text = "\(word("runtime")) refused attempt \(attempt): \(word("reason")); nothing ran"
      isRecovery = true
    case .probed:
      actor = controlPlane
      text = "\(word("after")): asks the runtime whether it has the call"
      isRecovery = true
    case .connectionLost:
      actor = controlPlane
      text = "the connection was lost (\(word("reason"))): the endpoint's journal will say"
      isRecovery = true
    case .released:
      actor = call.endpointName
      text = "released: the process is about to begin"
      isRecovery = false
    case .started:
      actor = call.endpointName
      text =
        word("state") == CallState.ended.rawValue
        ? "the call has ended there; the process began, or may have"
        : "the process began" + (evidence["pid"]?.int.map { " (pid \($0))" } ?? "")
      isRecovery = false
    case .outputBegan:
      actor = call.endpointName
      text = "first output, on \(word("stream"))"
      isRecovery = false
    case .cancelRequested:
      actor = word("by")
      text = "asked for its end"
      isRecovery = false
    case .finished:
      actor = call.endpointName
      let missing = evidence["missingBytes"]?.int ?? 0
      text =
        "the process ended, and its record is here"
        + (missing > 0 ? "; \(missing) bytes of output are missing" : "")
      isRecovery = false
    case .ended:
      actor = controlPlane
      text = "\(word("outcome")): \(word("reason"))"
      isRecovery = false
    case .freed:
      actor = controlPlane
      text = "step \(evidence["step"]?.int ?? 0) of its batch succeeded: this one may go"
      isRecovery = false
    case .resolved:
      actor = call.endpointName
      text = "came back and told what became of it; the outcome stays"
      isRecovery = true
    case nil where transition.kind == StoredNotification.transcriptKind:
      actor = controlPlane
      let attempts = evidence["attempts"]?.int ?? 0
      let count = "\(attempts) attempt\(attempts == 1 ? "" : "s")"
      isRecovery = word("state") != "delivered"
      text =
        isRecovery
        ? "gave up notifying \(word("hook")), after \(count): \(word("error"))"
        : "notified \(word("hook")), \(count)"
    case nil:
      actor = controlPlane
      text = transition.kind
      isRecovery = false
    }
  }

  var json: JSON {
    var object = JSONObject(transition.members)
    object.append("endpointAtUs", transition.evidence["endpointAtUs"] ?? .null)
    object.append("actor", .string(actor))
    object.append("text", .string(text))
    object.append("isRecovery", .bool(isRecovery))
    object.append("bridge", transition.evidence["bridge"] ?? .null)
    return .object(object)
  }
}
