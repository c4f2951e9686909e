/// The named limits and times of the control plane.
package struct EngineSettings: Sendable, Hashable {
  package var heartbeat: Duration = .seconds(5)
  /// From socket to hello.
  package var helloWithin: Duration = .seconds(10)
  /// How long a call whose runtime is gone waits for its journal before it is `unknown`.
  package var recoveryHorizon: Duration = .seconds(7 * 24 * 3600)
  /// Calls without an outcome, over all endpoints.
  package var maxOpenCalls = 200_000
  /// Calls that wait for one endpoint.
  package var maxWaitingPerEndpoint = 50_000
  /// Handed to one runtime at a time, whatever it offers to take.
  package var maxHandedPerEndpoint = 1_024
  /// Of offers that one runtime has not answered; one offer is always sent. More would stand before
  /// the heartbeats on a slow line, until the line was taken for dead.
  package var maxUnansweredOfferBytes = 1 << 20
  package var maxEndpoints = 100_000
  /// Over all endpoints.
  package var maxOpenSessions = 10_000
  /// A session without an open call that is not used for so long is closed.
  package var sessionIdle: Duration = .seconds(1_800)
  package var bridge = BridgeLimits()
  /// An endpoint that was away for so long is handed what waited at a measured pace.
  package var paceAfterAway: Duration = .seconds(60)
  /// So many at once, and then so many in a second.
  package var paceBurst = 16
  package var pacePerSecond = 16

  package init() {}
}
