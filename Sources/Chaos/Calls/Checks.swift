import JSON

/// The promises, looked at from outside: the API's word on one side, the ledger on the other.
struct Checks {
  enum Breach: String, CaseIterable {
    /// Accepted, and without an outcome in the end, or not known at all.
    case lost
    /// Ran more than once, or is two calls.
    case doubled
    /// An outcome that changed, or that the ledger or the output speaks against.
    case contradicting
  }

  struct Finding {
    let breach: Breach
    let call: String?
    let text: String
  }

  private(set) var findings: [Finding] = []
  private(set) var outcomes: [String: Int] = [:]
  private var seen: [String: String] = [:]
  /// Whether a fault was among the run's that can leave a call interrupted, or its end unknown.
  var mayInterrupt = false

  /// Looks at calls as they are now: an outcome never changes.
  mutating func look(at calls: [JSON]) {
    for call in calls {
      guard let id = call["id"]?.string else { continue }
      let outcome = call["outcome"]?.string
      if let before = seen[id], before != outcome {
        find(.contradicting, id, "its outcome was \(before), and is \(outcome ?? "none") now")
      }
      if let outcome { seen[id] = outcome }
    }
  }

  mutating func end(
    _ accepted: [Technician.Accepted], _ calls: [String: JSON], _ ledger: Ledger,
    output: (String) -> [UInt8]?
  ) {
    var ids: Set<String> = []
    for one in accepted {
      if !ids.insert(one.id).inserted { find(.doubled, one.id, "two submissions got this id") }
      guard let call = calls[one.id] else {
        find(.lost, one.id, "\(one.mark) was accepted, and the control plane does not know it")
        continue
      }
      let outcome = call["outcome"]?.string ?? "none"
      outcomes[outcome, default: 0] += 1
      check(one, call, outcome, ledger, output)
    }
    for line in ledger.strangers(among: Set(accepted.map(\.mark))) {
      find(.contradicting, nil, "the ledger has \"\(line)\", and no accepted call would write it")
    }
  }

  private mutating func check(
    _ one: Technician.Accepted, _ call: JSON, _ outcome: String, _ ledger: Ledger,
    _ output: (String) -> [UInt8]?
  ) {
    let begins = ledger.begins(one.mark)
    let ends = ledger.ends(one.mark)
    func wrong(_ text: String) -> String {
      "\(one.mark) (\(one.tool.rawValue)) \(text); it is \(outcome), and the ledger has"
        + " \(begins) begins and \(ends) ends"
    }
    if begins > 1 || ends > 1 { find(.doubled, one.id, wrong("ran more than once")) }
    if call["ran"]?.string == "no", begins > 0 {
      find(.contradicting, one.id, wrong("is said not to have run"))
    }
    switch outcome {
    case "succeeded":
      if begins != 1 || ends != 1 || one.tool == .fail || one.tool == .overrun {
        find(.contradicting, one.id, wrong("is said to have succeeded"))
      }
      if let output = output(one.id), output != Array(one.tool.output(of: one.mark).utf8) {
        find(.contradicting, one.id, wrong("has other output than it printed"))
      }
    case "failed":
      let bySignal = call["execution"]?["record"]?["ended"]?["signal"] != nil
      if !bySignal, begins != 1 || ends != 1 || one.tool != .fail {
        find(.contradicting, one.id, wrong("is said to have failed"))
      }
    case "timedOut":
      if begins != 1 || ends != 0 || one.tool != .overrun {
        find(.contradicting, one.id, wrong("is said to have met its run limit"))
      }
    case "interrupted", "unknown", "rejected":
      if !mayInterrupt {
        find(.contradicting, one.id, wrong("ended so without a fault that explains it"))
      }
    // Whether they ran is what `ran` says, and that was looked at.
    case "cancelled", "expired": break
    case "none": find(.lost, one.id, wrong("has no outcome"))
    default: find(.contradicting, one.id, wrong("has an outcome that nothing here can lead to"))
    }
  }

  mutating func find(_ breach: Breach, _ call: String?, _ text: String) {
    findings.append(Finding(breach: breach, call: call, text: text))
  }

  func count(_ breach: Breach) -> Int { findings.count { $0.breach == breach } }
}
