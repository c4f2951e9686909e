import Catalog
import ControlPlane
import Engine
import JSON
import Model
import Platform
import Sockets

/// The policy as it was read last; a file that is wrong leaves the one before in force.
final class Policies: Sendable {
  private let file: String?
  private let state = Locked<(book: PolicyBook, errors: [DefinitionError])>((.empty, []))

  init(file: String?) { self.file = file }

  var book: PolicyBook { state.withLock { $0.book } }
  var errors: [DefinitionError] { state.withLock { $0.errors } }

  @discardableResult
  func reload() -> [DefinitionError] {
    guard let file else { return [] }
    do {
      let fresh = try PolicyBook.read(file: file)
      state.withLock { $0 = (fresh, []) }
      return []
    } catch {
      state.withLock { $0.errors = error.errors }
      return error.errors
    }
  }
}

extension Service {
  func showPolicy(_ request: RequestID) {
    plane.inspect { [self] engine, _ in
      let names = engine.endpoints.values.map(\.name).sorted()
      loop.post { self.reply(to: request, ["policy": self.policyJSON(names)]) }
    }
  }

  private func policyJSON(_ endpoints: [String]) -> JSON {
    let book = policies.book
    return [
      "version": .int(book.version), "digest": .string(book.digest),
      "groups": .array(
        book.groups.map { group in
          group.json(endpoints: endpoints.filter { book.group(of: $0) == group })
        }),
      "hooks": .array(book.hooks.map(\.json)), "notifications": book.outbox.json,
      "errors": .array(policies.errors.map(\.json)),
    ]
  }
}

extension PolicyBook.Group {
  /// - Parameter endpoints: those that it shapes.
  func json(endpoints shaped: [String]) -> JSON {
    func milliseconds(_ duration: Duration?) -> JSON {
      duration.map { .int(Int($0.wholeMilliseconds)) } ?? .null
    }
    return [
      "name": .string(name), "patterns": .array(endpoints.map(JSON.string)),
      "endpoints": .array(shaped.map(JSON.string)), "ackWithinMs": milliseconds(ackWithin),
      "attempts": attempts.map(JSON.int) ?? .null, "expiresAfterMs": milliseconds(expiresAfter),
      "concurrency": concurrency.map(JSON.int) ?? .null, "priority": .int(priority),
      "whenDegraded": .string(whenDegraded.rawValue),
    ]
  }
}
