package import Catalog
package import Engine
import Model

extension Call {
  /// From its acceptance to its first offer; to its end, if it was never offered.
  package var waited: Duration {
    let until = attempts.first?.offeredAt ?? endedAt ?? request.acceptedAt
    return max(.zero, until - request.acceptedAt)
  }
}

extension PolicyBook.Hook {
  /// Whether it is to be told of a call that ended.
  package func wants(_ call: Call) -> Bool {
    guard let outcome = call.outcome else { return false }
    switch calls {
    case .all: break
    case .asked: if !call.request.shape.notify { return false }
    case .waited:
      if !call.request.shape.notify, call.waited < waitedLongerThan { return false }
    }
    if !outcomes.isEmpty, !outcomes.contains(outcome) { return false }
    if !groups.isEmpty, !groups.contains(call.request.shape.policy?.group ?? "") { return false }
    return tools.isEmpty || tools.contains { Self.matches(call.request.tool, $0) }
  }

  private static func matches(_ tool: String, _ pattern: String) -> Bool {
    pattern.hasSuffix("*")
      ? tool.utf8.starts(with: pattern.dropLast().utf8) : tool == pattern
  }
}
