import JSON
import Model
import Platform
import Sockets

/// Something that follows a call over a request. Used on the loop's thread.
protocol Watcher: AnyObject {
  var request: RequestID { get }
  var call: CallID { get }
  /// The call was changed by a commit.
  func changed()
  /// The call has its outcome; what is to be said of it was read.
  func ended(_ document: Result<JSON, any Error>)
  /// The peer has taken what was written.
  func drained()
  /// The peer left.
  func gone()
  /// What the call waits for, when somebody should know.
  func waits(for text: String)
  var wantsWaits: Bool { get }
}

/// Who follows which call.
///
/// `@unchecked Sendable`: `byRequest` and `byCall` are touched on the loop's thread only; `watched` is
/// what the engine's thread knows of them.
final class Watchers: @unchecked Sendable {
  private struct Watched {
    var followed: Set<CallID> = []
    /// Each will be followed, or forgotten, in a moment.
    var expected: Set<CallID> = []
  }

  private let watched = Locked(Watched())
  private var byRequest: [RequestID: any Watcher] = [:]
  private var byCall: [CallID: [RequestID]] = [:]

  var count: Int { byRequest.count }

  func add(_ watcher: any Watcher) {
    byRequest[watcher.request] = watcher
    byCall[watcher.call, default: []].append(watcher.request)
    watched.withLock { watched in
      watched.followed.insert(watcher.call)
      watched.expected.remove(watcher.call)
    }
  }

  /// Somebody will follow a call that was accepted this moment. Called on the engine's thread: then
  /// what comes of the call is told, and need not be looked for.
  func expect(_ call: CallID) { watched.withLock { _ = $0.expected.insert(call) } }

  /// Nobody follows it after all.
  func forget(_ call: CallID) { watched.withLock { _ = $0.expected.remove(call) } }

  func remove(_ request: RequestID) {
    guard let watcher = byRequest.removeValue(forKey: request) else { return }
    byCall[watcher.call]?.removeAll { $0 == request }
    if byCall[watcher.call]?.isEmpty ?? false {
      byCall[watcher.call] = nil
      watched.withLock { _ = $0.followed.remove(watcher.call) }
    }
  }

  func drained(_ request: RequestID) { byRequest[request]?.drained() }

  func gone(_ request: RequestID) {
    byRequest[request]?.gone()
    remove(request)
  }

  /// Of the calls that a batch changed, those that someone follows. Called on the engine's thread.
  func followed(_ changed: [CallID: Outcome?]) -> (open: [CallID], ended: [CallID]) {
    watched.withLock { watched in
      if watched.followed.isEmpty, watched.expected.isEmpty { return ([], []) }
      let followed = changed.filter {
        watched.followed.contains($0.key) || watched.expected.contains($0.key)
      }
      return (
        followed.compactMap { $0.value == nil ? $0.key : nil },
        followed.compactMap { $0.value == nil ? nil : $0.key }
      )
    }
  }

  func changed(_ calls: [CallID]) {
    for call in calls {
      for request in byCall[call] ?? [] { byRequest[request]?.changed() }
    }
  }

  func ended(_ call: CallID, _ document: Result<JSON, any Error>) {
    for request in byCall[call] ?? [] { byRequest[request]?.ended(document) }
  }

  /// Calls whose followers want to hear what they wait for.
  var waiting: [CallID] {
    byCall.keys.filter { call in
      byCall[call]?.contains { byRequest[$0]?.wantsWaits ?? false } ?? false
    }
  }

  func waits(_ texts: [CallID: String]) {
    for (call, text) in texts {
      for request in byCall[call] ?? [] { byRequest[request]?.waits(for: text) }
    }
  }
}
