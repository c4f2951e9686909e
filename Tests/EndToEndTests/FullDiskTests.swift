import Glibc
import JSON
import Platform
import Support
import Testing

/// What cannot be written is not promised, and what was promised is still there.
@Suite("Full disk, on real processes", .serialized)
struct FullDiskTests {
  private static let bulky = Definitions.shell(
    "mark.bulky", "cat > /dev/null; echo \"$MARK\" >> \"$FILE\"",
    arguments: """
          mark: {type: string, maxLength: 64}
          file: {type: string, maxLength: 256}
          bulk: {type: string, maxLength: 1000000}
      """,
    input: "{stdin: json, env: {MARK: /mark, FILE: /file}}")

  @Test(
    "a control plane whose disk is full stops, and no call that it accepted is lost or run twice",
    .enabled(if: Machine.effectiveUser == 0, "mounting a small disk needs root"))
  func controlPlane() throws {
    let box = try Machinery(tools: [Self.bulky])
    try #require(try mountSmall(box.data, bytes: 56 << 20), "cannot mount a small disk here")
    defer { unmount(box.data) }
    try box.start()
    // What is accepted now waits for the agent.
    box.stopAgent()
    let ledger = box.root + "/ledger"
    let bulk = String(repeating: "x", count: 900_000)
    var accepted: [String] = []
    while accepted.count < 200 {
      let mark = "call-\(accepted.count)"
      let arguments: JSON = [
        "mark": .string(mark), "file": .string(ledger), "bulk": .string(bulk),
      ]
      do { accepted.append(try box.submit("mark.bulky", arguments)) } catch { break }
    }
    try #require(!accepted.isEmpty && accepted.count < 200, "\(box.logs)")
    #expect(box.controlPlane?.wait() == 70)
    #expect(box.text(try Files.read(box.root + "/serve.log")).contains("the store failed"))

    try #require(try mountSmall(box.data, resizedTo: 400 << 20))
    try box.startControlPlane()
    for id in accepted { #expect(try box.call(id)["outcome"]?.string == nil) }
    try box.startAgent()
    for id in accepted {
      let call = try box.ended(id)
      #expect(call["outcome"]?.string == "succeededEmpty", "\(call.pretty)")
    }
    let marks = box.text(try Files.read(ledger)).split(separator: "\n").map(String.init)
    // The one call that was being submitted when the disk was full may have been kept as well.
    let expected = Set((0..<accepted.count).map { "call-\($0)" })
    #expect(Set(marks).isSuperset(of: expected))
    #expect(marks.count == Set(marks).count && marks.count <= accepted.count + 1)
  }
}
