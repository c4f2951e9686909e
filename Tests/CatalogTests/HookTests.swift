import Model
import Platform
import Support
import Testing

@testable import Catalog

@Suite("Hooks in a policy")
struct HookTests {
  private static let head =
    "signalbox-policy: 1\nversion: 1\ngroups: [{name: hq, endpoints: [a]}]\n"
  private static let hook =
    "hooks: [{name: ops, webhook: {url: \"https://a.example/x\", secretFile: /s}"

  private func read(_ text: String) -> Result<PolicyBook, DefinitionErrors> {
    PolicyBook.read(Array((Self.head + text).utf8), file: "p.yaml")
  }

  @Test("a hook says whom to tell of which calls, how often and for how long")
  func whole() throws {
    let book = try read(
      """
      hooks:
        - name: ops
          events: [ended]
          when:
            calls: waited
            waitedLongerThan: 10m
            groups: [hq]
            outcomes: [failed, expired]
            tools: ["service.*", disk.usage]
          webhook:
            url: https://hooks.example.net:8443/in?t=1
            secretFile: /etc/signalbox/ops.secret
            trustFile: /etc/signalbox/ca.pem
            timeout: 3s
          retry: {attempts: 7, first: 1s, longest: 10m, giveUpAfter: 2d}
          concurrency: 1
        - name: pager
          when: {calls: asked}
          command: {argv: [/usr/local/bin/page, --quiet]}
      notifications: {concurrency: 3, maxPending: 10, keep: 5, body: 8KiB, response: 4KiB}

      """
    ).get()
    let ops = try #require(book.hook(named: "ops"))
    #expect(ops.calls == .waited && ops.waitedLongerThan == .seconds(600))
    #expect(ops.groups == ["hq"] && ops.outcomes == [.failed, .expired])
    #expect(ops.tools == ["service.*", "disk.usage"])
    guard case .webhook(let webhook) = ops.action else {
      Issue.record("no webhook")
      return
    }
    #expect(webhook.url.host == "hooks.example.net" && webhook.url.port == 8_443)
    #expect(webhook.url.path == "/in?t=1" && webhook.url.isSecure)
    #expect("\(webhook.url)" == "https://hooks.example.net:8443/in?(redacted)")
    #expect(webhook.secretFile == "/etc/signalbox/ops.secret")
    #expect(webhook.trustFile == "/etc/signalbox/ca.pem")
    #expect(ops.timeout == .seconds(3) && ops.concurrency == 1)
    #expect(ops.retry.attempts == 7 && ops.retry.giveUpAfter == .seconds(172_800))
    let pager = try #require(book.hook(named: "pager"))
    #expect(pager.action == .command(["/usr/local/bin/page", "--quiet"]))
    #expect(pager.calls == .asked && pager.retry == PolicyBook.Hook.Retry())
    #expect(book.outbox.concurrency == 3 && book.outbox.maxPending == 10)
    #expect(book.outbox.keep == 5 && book.outbox.responseBytes == 4_096)
  }

  @Test(
    "what is wrong is told with its place",
    arguments: [
      ("hooks: {}\n", "p.yaml:4:8"),
      ("hooks: [{name: ops}]\n", "this one has none"),
      ("hooks: [{name: a.b, command: {argv: [/x]}}]\n", "no name of a hook"),
      (HookTests.hook + ", command: {argv: [/x]}}]\n", "this one has both"),
      (HookTests.hook + ", events: [began]}]\n", "write \"events: [ended]\""),
      (HookTests.hook + ", secret: x}]\n", "a hook has no field \"secret\""),
      (HookTests.hook + ", when: {groups: [hp]}}]\n", "no group \"hp\"; did you mean \"hq\"?"),
      (HookTests.hook + ", when: {outcomes: [fail]}}]\n", "no outcome \"fail\""),
      (HookTests.hook + ", when: {outcomes: []}}]\n", "not a list of names"),
      (HookTests.hook + ", when: {tools: [\"a*b\"]}}]\n", "no name of a tool"),
      (HookTests.hook + ", when: {calls: all, waitedLongerThan: 3s}}]\n", "says nothing beside"),
      (HookTests.hook + ", when: {calls: some}}]\n", "p.yaml:4:"),
      (HookTests.hook + ", retry: {first: 2m, longest: 1m}}]\n", "first of retry is longer"),
      (HookTests.hook + ", retry: {attempts: 0}}]\n", "outside 1 to 1000"),
      (HookTests.hook + ", concurrency: 99}]\n", "outside 1 to 16"),
      (
        HookTests.hook + "}, {name: ops, command: {argv: [/x]}}]\n", "stands already at line 4"
      ),
      ("hooks: [{name: a, command: {argv: []}}]\n", "argv of command is"),
      ("hooks: [{name: a, command: {argv: [x]}}]\n", "no absolute path"),
      ("hooks: [{name: a, command: {argv: [/x], timeout: 1h}}]\n", "p.yaml:4:"),
      ("hooks: [{name: a, webhook: {url: \"https://a/\"}}]\n", "lacks the field \"secretFile\""),
      ("notifications: {bodies: 1}\n", "no field \"bodies\""),
      ("notifications: {body: 1KiB}\n", "outside 4KiB"),
    ])
  func wrong(text: String, words: String) {
    guard case .failure(let errors) = read(text) else {
      Issue.record("it was read")
      return
    }
    #expect(errors.description.contains(words), "\(errors)")
  }

  @Test(
    "an address that is none, or that others could read, is refused",
    arguments: [
      "ftp://a/", "https://", "https://u:p@a/", "https://a/#x", "https://[::1]/", "https://a:0/",
      "https://a:99999/", "https://a b/", "http://a.example/", "http://10.0.0.1/", "hooks.example",
      "http://127.0.0.1.example/", "https://a/\\r\\nX: y",
    ])
  func address(url: String) {
    let text = "hooks: [{name: a, webhook: {url: \"\(url)\", secretFile: /s}}]\n"
    guard case .failure(let errors) = read(text) else {
      Issue.record("it was read")
      return
    }
    #expect(errors.errors.count == 1, "\(errors)")
    #expect(errors.errors.first?.line == 4)
  }

  @Test("http stays on this machine")
  func loopback() throws {
    for url in ["http://127.0.0.1:8080/x", "http://localhost", "http://127.8.9.1/?a=b"] {
      _ = try read("hooks: [{name: a, webhook: {url: \"\(url)\", secretFile: /s}}]\n").get()
    }
    #expect(HookURL("http://localhost")?.path == "/")
    #expect(HookURL("http://127.8.9.1?a=b")?.path == "/?a=b")
  }

  @Test("a secret that others may read, and a program that others may write, are refused")
  func files() throws {
    try withTemporaryDirectory { directory in
      let (secret, program) = (directory + "/secret", directory + "/notify")
      try Files.writeAtomically(Array("x".utf8), to: secret)
      try Files.writeAtomically(Array("#!/bin/sh\n".utf8), to: program, permissions: 0o755)
      let file = directory + "/p.yaml"
      try Files.writeAtomically(
        Array(
          (Self.head + """
            hooks:
              - {name: a, webhook: {url: "http://127.0.0.1/", secretFile: \(secret)}}
              - {name: b, command: {argv: [\(program)]}}

            """).utf8), to: file)
      func errors() -> [DefinitionError] {
        do throws(DefinitionErrors) {
          _ = try PolicyBook.read(file: file)
          return []
        } catch {
          return error.errors
        }
      }
      #expect(errors().isEmpty, "\(errors())")
      try Files.setPermissions(secret, 0o640)
      #expect(errors().first?.message.contains("others may read or write") == true)
      #expect(errors().first?.line == 5)
      try Files.setPermissions(secret, 0o400)
      try Files.setPermissions(program, 0o775)
      #expect(errors().map(\.line) == [6])
      #expect(errors().first?.message.contains("others may write") == true)
      try Files.setPermissions(program, 0o644)
      #expect(errors().first?.message.contains("may not be executed") == true)
      try Files.setPermissions(program, 0o755)
      try Files.setPermissions(directory, 0o777)
      #expect(errors().first?.message.contains("others may write \(directory)") == true)
      try Files.setPermissions(directory, 0o700)
      try Files.remove(program)
      #expect(errors().first?.message.contains("No such file") == true)
    }
  }
}
