import Catalog

/// One tool's page in Markdown.
struct MarkdownPage {
  let text: String

  init(_ page: ToolPage, key: String) {
    var parts = [
      "# \(Markup.markdown(key)): \(Markup.markdown(page.tool.title))",
      page.paragraphs.map(Markup.markdown).joined(separator: "\n\n"),
      "| | |\n|---|---|\n"
        + page.facts.map { "| \($0.name) | \(Markup.cell($0.text)) |" }
        .joined(separator: "\n"),
      Self.arguments(page), Self.result(page), Self.exitCodes(page),
    ]
    parts += page.examples.isEmpty ? [] : ["## Examples"]
    parts += page.examples.map { example in
      "\(Markup.markdown(example.title)):\n\n" + Markup.block(example.command, "sh")
        + (example.result.map { "\n" + Markup.block($0, "json") } ?? "")
    }
    parts += page.scripts.map { script in
      "## \(Markup.markdown(script.title))\n\n" + Markup.block(script.text, script.language)
    }
    text = parts.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined(separator: "\n")
  }

  private static func arguments(_ page: ToolPage) -> String {
    let rows = page.arguments
    if rows.isEmpty { return "## Arguments\n\nIt takes none.\n" }
    var out = "## Arguments\n\n| argument | type | default | meaning |\n|---|---|---|---|\n"
    for row in rows {
      var marks = row.isRequired ? ["required"] : []
      if page.isSecret(row) { marks.append("secret") }
      out += "| \(Markup.code(row.name)) | \(Markup.cell(row.type)) |"
      out += " \(row.standard.map(Markup.code) ?? "") | \(meaning(row, marks)) |\n"
    }
    return out
  }

  private static func meaning(_ row: SchemaRows.Row, _ marks: [String] = []) -> String {
    let notes = (marks + row.bounds.map(bound)).joined(separator: "; ")
    return [Markup.cell(row.words), notes].filter { !$0.isEmpty }.joined(separator: " — ")
  }

  private static func bound(_ bound: SchemaWords.Bound) -> String {
    Markup.cell(bound.words) + (bound.code.map { " " + Markup.code($0) } ?? "")
  }

  private static func result(_ page: ToolPage) -> String {
    let (words, bounds, rows) = page.result
    var out = "## Result\n\n\(words)"
    out += bounds.isEmpty ? "\n" : " \(bounds.map(bound).joined(separator: "; ")).\n"
    if rows.isEmpty { return out }
    out += "\n| member | type | | meaning |\n|---|---|---|---|\n"
    for row in rows {
      out += "| \(Markup.code(row.name)) | \(Markup.cell(row.type)) |"
      out += " \(row.isRequired ? "always" : "") | \(meaning(row)) |\n"
    }
    return out
  }

  private static func exitCodes(_ page: ToolPage) -> String {
    "## Exit codes\n\n| code | outcome | meaning |\n|---|---|---|\n"
      + page.exitCodes.map {
        "| \($0.code) | \($0.outcome) | \(Markup.cell($0.meaning)) |\n"
      }.joined()
  }
}
