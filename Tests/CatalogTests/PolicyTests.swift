import Testing

@testable import Catalog

@Suite("Policies")
struct PolicyTests {
  private func read(_ text: String) -> Result<PolicyBook, DefinitionErrors> {
    PolicyBook.read(Array(text.utf8), file: "p.yaml")
  }

  @Test("the first group that has an endpoint is its group")
  func groups() throws {
    let book = try read(
      """
      signalbox-policy: 1
      version: 12
      groups:
        - {name: servers, endpoints: [db-01, "web-*"], ackWithin: 5s, attempts: 3,
           expiresAfter: 48h, concurrency: 4, priority: -2, whenDegraded: hold}
        - {name: rest, endpoints: ["*"]}

      """
    ).get()
    #expect(book.version == 12 && book.digest.hasPrefix("sha256:"))
    #expect(book.group(of: "web-7")?.name == "servers")
    #expect(book.group(of: "db-01")?.name == "servers")
    #expect(book.group(of: "db-011")?.name == "rest")
    let servers = try #require(book.group(named: "servers"))
    #expect(servers.ackWithin == .seconds(5) && servers.attempts == 3)
    #expect(servers.expiresAfter == .seconds(172_800) && servers.concurrency == 4)
    #expect(servers.priority == -2 && servers.whenDegraded == .hold)
    let rest = try #require(book.group(named: "rest"))
    #expect(rest.ackWithin == nil && rest.priority == 0 && rest.whenDegraded == .send)
  }

  @Test(
    "what is wrong is told with its place",
    arguments: [
      ("", "p.yaml:1:1"),
      ("signalbox-policy: 1\nversion: 1\n", "lacks the field \"groups\""),
      ("signalbox-policy: 2\nversion: 1\ngroups: []\n", "p.yaml:1:19"),
      ("signalbox-policy: 1\nversion: 0\ngroups: []\n", "p.yaml:2:10"),
      ("signalbox-policy: 1\nversion: 1\ngroups: {}\n", "p.yaml:3:9"),
      ("signalbox-policy: 1\nversion: 1\ngroups: [{name: a}]\n", "lacks the field \"endpoints\""),
      (
        "signalbox-policy: 1\nversion: 1\ngroups: [{name: a, endpoints: [a*b]}]\n",
        "no name of an endpoint"
      ),
      (
        "signalbox-policy: 1\nversion: 1\ngroups: [{name: a, endpoints: [a], priority: 10}]\n",
        "outside -9 to 9"
      ),
      (
        "signalbox-policy: 1\nversion: 1\ngroups: [{name: a, endpoints: [a]}, {name: a, endpoints: [b]}]\n",
        "stands already at line 3"
      ),
      (
        "signalbox-policy: 1\nversion: 1\ngroups: [{name: a, endpoints: [a], ackWithin: 5m, expiresAfter: 1m}]\n",
        "ackWithin is longer than expiresAfter"
      ),
      ("signalbox-policy: 1\nversion: 1\ngroups: &a []\n", "p.yaml:3:9"),
    ])
  func wrong(text: String, words: String) {
    guard case .failure(let errors) = read(text) else {
      Issue.record("it was read")
      return
    }
    #expect(errors.description.contains(words), "\(errors)")
  }
}
