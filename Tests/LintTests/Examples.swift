import Catalog
import Lint

/// Definitions from the examples of the rulebook.
enum Examples {
  /// The sample with the fields of an example in the place of its own.
  static func definition(_ fields: String) -> String {
    var blocks = self.blocks(Rulebook.sample)
    for block in self.blocks(fields) {
      if let place = blocks.firstIndex(where: { $0.key == block.key && !block.key.isEmpty }) {
        // A key that an example has twice stays twice.
        blocks[place].text = blocks[place].isNew ? blocks[place].text + block.text : block.text
        blocks[place].isNew = true
      } else {
        blocks.append(block)
      }
    }
    return blocks.map(\.text).joined()
  }

  /// Lines from one that begins with a key to the next. What stands before a key, such as a
  /// comment, goes with it.
  private static func blocks(_ text: String) -> [(key: String, text: String, isNew: Bool)] {
    var blocks: [(key: String, text: String, isNew: Bool)] = []
    var before = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      let isInner = line.first == " "
      let isKey = !isInner && line.first?.isLetter == true && line.contains(":")
      if isKey {
        blocks.append((String(line.prefix { $0 != ":" }), before + line + "\n", false))
        before = ""
      } else if isInner, before.isEmpty, !blocks.isEmpty {
        blocks[blocks.count - 1].text += line + "\n"
      } else {
        before += line + "\n"
      }
    }
    return blocks
  }

  /// The bytes of an example: `‹BOM›`, `‹CR›`, `‹0xE9›`, `‹U+202E›`, `‹3 × a›` and `‹sample›` stand
  /// for what cannot be shown.
  static func bytes(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "‹"), let close = rest[open...].firstIndex(of: "›") {
      out += rest[..<open].utf8
      out += meaning(String(rest[rest.index(after: open)..<close]))
      rest = rest[rest.index(after: close)...]
    }
    return out + rest.utf8
  }

  private static func meaning(_ mark: String) -> [UInt8] {
    switch mark {
    case "sample": return Array(Rulebook.sample.utf8)
    case "BOM": return [0xEF, 0xBB, 0xBF]
    case "CR": return [0x0D]
    default: break
    }
    if mark.hasPrefix("0x") { return [UInt8(mark.dropFirst(2), radix: 16) ?? 0] }
    if mark.hasPrefix("U+"), let code = UInt32(mark.dropFirst(2), radix: 16) {
      return Array(String(Unicode.Scalar(code).map(Character.init) ?? "?").utf8)
    }
    let parts = mark.split(separator: " × ")
    precondition(parts.count == 2, "no such mark: \(mark)")
    return Array(String(repeating: String(parts[1]), count: Int(parts[0]) ?? 0).utf8)
  }
}

/// What lint says about a definition.
func report(_ text: String, file: String? = nil, disabled: Set<Code> = []) -> Linter.Report {
  report(Array(text.utf8), file: file, disabled: disabled)
}

func report(
  _ bytes: [UInt8], file: String? = nil, disabled: Set<Code> = []
) -> Linter.Report {
  let unnamed = Catalog.inspect(bytes, file: "t")
  // By the name of its tool, unless the test is about that.
  let file = file ?? unnamed.root?["name"]?.string.map { "tools/\($0).yaml" } ?? "tools/t.yaml"
  return Linter(disabled: disabled).report(on: Catalog.inspect(bytes, file: file))
}

func codes(_ text: String) -> [String] {
  report(text).findings.map(\.code.description)
}

/// The sample with another variant: `shell` with the argument UNIT, unless it says otherwise.
func variant(
  _ script: String, with executor: String = "shell", input: String = "{env: {UNIT: /unit}}",
  more: String = "", os: String = "linux", commands: String = "[systemctl]",
  needs: String? = nil
) -> String {
  let lines = script.split(separator: "\n", omittingEmptySubsequences: false)
    .map { $0.isEmpty ? "" : "      \($0)" }.joined(separator: "\n")
  let when = commands.isEmpty ? "{os: \(os)}" : "{os: \(os), commands: \(commands)}"
  let need = needs.map { "\n    needs: \($0)" } ?? ""
  return """
    run:
      - when: \(when)
        with: \(executor)\(need)
        input: \(input)
        script: |
    \(lines)
    exitCodes: {0: succeeded}
    \(more)
    """
}

/// The codes that are told of a script, without those that tell of the tool around it.
func scriptCodes(_ fields: String) -> [String] {
  report(Examples.definition(fields)).findings.map(\.code.description)
}
