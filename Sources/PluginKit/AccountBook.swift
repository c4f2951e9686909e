internal import Model
internal import Platform

/// Users that were looked up. To ask a directory service may take long, and calls of one tool name
/// the same user again and again.
final class AccountBook {
  private var known: [String: (account: Confinement.Account, until: Int64)] = [:]
  private static let memory: Duration = .seconds(60)
  private static let maxKnown = 64

  func named(_ name: String) throws(SystemError) -> Confinement.Account? {
    let now = Clock.now()
    if let entry = known[name], now < entry.until { return entry.account }
    if known.count >= Self.maxKnown { known.removeAll() }
    guard let account = try Confinement.Account.named(name) else {
      known[name] = nil
      return nil
    }
    known[name] = (account, now + Self.memory.wholeMicroseconds)
    return account
  }
}
