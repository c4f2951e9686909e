package import JSON
import Model

/// What an agent's check of itself found wrong, as it tells with each answer to a heartbeat. Nothing
/// is wrong where there is no fault.
package struct AgentHealth: Sendable, Hashable {
  /// What an agent looks at. A closed set.
  package enum Subject: String, Sendable, Hashable, CaseIterable {
    case controlPlane
    case journal
    case spool
    case plugins

    /// What a person can do about a fault that the agent could not repair.
    package var advice: String {
      switch self {
      case .controlPlane:
        "see that the control plane runs, and look at the network between it and the endpoint"
      case .journal:
        "keep the journal as evidence and let its calls end; an agent that starts on it refuses,"
          + " and says what to do"
      case .spool:
        "look at the disk under the agent's state directory: its room, and who changed it"
      case .plugins:
        "look at the agent's log for what the plugin said; run \"signalbox-agent doctor\" there"
      }
    }
  }

  /// What the agent tries by itself, in this order.
  package enum Step: String, Sendable, Hashable, CaseIterable {
    case retry
    case reconnect
    case rebuild
  }

  package struct Fault: Sendable, Hashable {
    package let subject: Subject
    /// How long it has lasted: the two clocks need not agree.
    package let lasting: Duration
    /// Clipped to the limit.
    package let evidence: String
    package let tried: [Step]

    package init(subject: Subject, lasting: Duration, evidence: String, tried: [Step]) {
      self.subject = subject
      self.lasting = lasting
      self.evidence = evidence.clipped(to: WireLimits.evidenceBytes)
      self.tried = tried
    }
  }

  /// At most one of each subject.
  package let faults: [Fault]

  package init(faults: [Fault] = []) { self.faults = faults }
}

extension String {
  /// As much of it as has so many bytes, in whole characters.
  fileprivate func clipped(to bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var kept = ""
    var size = 0
    for character in self {
      size += character.utf8.count
      guard size <= bytes else { break }
      kept.append(character)
    }
    return kept
  }
}

extension AgentHealth {
  package var json: JSON { ["faults": .array(faults.map(\.json))] }

  init(_ json: JSON) throws(ShapeError) {
    guard let list = json["faults"]?.array else {
      throw ShapeError(pointer: "/health/faults", expected: "a list")
    }
    var faults: [Fault] = []
    for item in list {
      let fault = try Fault(item)
      guard !faults.contains(where: { $0.subject == fault.subject }) else {
        throw ShapeError(pointer: "/health/faults", expected: "one fault of each subject")
      }
      faults.append(fault)
    }
    self.init(faults: faults)
  }
}

extension AgentHealth.Fault {
  package var json: JSON {
    [
      "subject": .string(subject.rawValue), "forMs": .int(Int(lasting.wholeMilliseconds)),
      "evidence": .string(evidence), "tried": .array(tried.map { .string($0.rawValue) }),
    ]
  }

  fileprivate init(_ json: JSON) throws(ShapeError) {
    guard let subject = AgentHealth.Subject(rawValue: try json.requiredString("subject")) else {
      throw ShapeError(
        pointer: "/health/faults/subject", expected: "controlPlane, journal, spool or plugins")
    }
    let evidence = try json.requiredString("evidence")
    guard evidence.utf8.count <= WireLimits.evidenceBytes else {
      throw ShapeError(
        pointer: "/health/faults/evidence", expected: "at most \(WireLimits.evidenceBytes) bytes")
    }
    var tried: [AgentHealth.Step] = []
    for item in json["tried"]?.array ?? [] {
      guard let step = item.string.flatMap({ AgentHealth.Step(rawValue: $0) }),
        !tried.contains(step)
      else {
        throw ShapeError(
          pointer: "/health/faults/tried", expected: "retry, reconnect, rebuild, each once")
      }
      tried.append(step)
    }
    self.init(
      subject: subject, lasting: .milliseconds(try json.requiredCount("forMs")),
      evidence: evidence, tried: tried)
  }
}
