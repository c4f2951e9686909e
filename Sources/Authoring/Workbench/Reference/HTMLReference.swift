import Catalog
import Digest
import JSON

/// All tools on one page that loads nothing and sends nothing: its policy allows this one style and
/// this one script, so that nothing in a definition could run even if it became markup.
struct HTMLReference {
  private(set) var text: String

  init(_ entries: [(key: String, page: ToolPage)]) {
    text = Self.head(entries.count)
    text += "<nav aria-label=\"Tools\">\n<ul>\n"
    for (key, page) in entries {
      text += "<li data-key=\"\(Markup.html(key))\"><a href=\"#\(Markup.html(key))\">"
      text += "\(Markup.html(key))</a> <small>\(Markup.html(page.tool.title))</small></li>\n"
    }
    text += "</ul>\n</nav>\n<main>\n"
    for (key, page) in entries { text += Self.article(key, page) }
    text += "</main>\n<script>\(HTMLAssets.script)</script>\n</body>\n</html>\n"
  }

  private static func head(_ count: Int) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
    style-src '\(hash(HTMLAssets.style))'; script-src '\(hash(HTMLAssets.script))'; \
    base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tools</title>
    <style>\(HTMLAssets.style)</style>
    </head>
    <body>
    <header>
    <h1>Tools</h1>
    <input type="search" id="search" placeholder="Search (press /)" aria-label="Search">
    <output id="count">\(count)</output>
    </header>

    """
  }

  /// Content Security Policy, level 3: the digest of an element's text.
  private static func hash(_ text: String) -> String {
    "sha256-" + Base64.text(SHA256.digest(of: Array(text.utf8)))
  }

  // MARK: - A tool

  private static func article(_ key: String, _ page: ToolPage) -> String {
    let id = Markup.html(key)
    var out = "<article id=\"\(id)\">\n<h2><a href=\"#\(id)\">\(id)</a>"
    out += " <span class=\"risk\">\(Markup.html(page.risk))</span></h2>\n"
    out += "<p class=\"title\">\(Markup.html(page.tool.title))</p>\n"
    out += page.paragraphs.map { "<p>\(Markup.html($0))</p>\n" }.joined()
    out += "<dl>\n"
    for (name, text) in page.facts {
      out += "<dt>\(Markup.html(name))</dt><dd>\(Markup.html(text))</dd>\n"
    }
    out += "</dl>\n" + arguments(page) + result(page) + exitCodes(page)
    for example in page.examples {
      out += "<details><summary>Example: \(Markup.html(example.title))</summary>\n"
      out += "<pre>\(Markup.html(example.command))</pre>\n"
      out += example.result.map { "<pre>\(Markup.html($0))</pre>\n" } ?? ""
      out += "</details>\n"
    }
    for script in page.scripts {
      out += "<details><summary>\(Markup.html(script.title))</summary>\n"
      out += "<pre>\(Markup.html(script.text))</pre>\n</details>\n"
    }
    return out + "</article>\n"
  }

  private static func arguments(_ page: ToolPage) -> String {
    let rows = page.arguments
    if rows.isEmpty { return "<h3>Arguments</h3>\n<p>It takes none.</p>\n" }
    return "<h3>Arguments</h3>\n"
      + table(
        ["argument", "type", "default", "meaning"],
        rows.map { row in
          let marks = (row.isRequired ? ["required"] : []) + (page.isSecret(row) ? ["secret"] : [])
          return [
            code(row.name), Markup.html(row.type), row.standard.map(code) ?? "",
            marks.map { "<b>\($0)</b> " }.joined() + meaning(row),
          ]
        })
  }

  private static func result(_ page: ToolPage) -> String {
    let (words, bounds, rows) = page.result
    let head =
      "<h3>Result</h3>\n<p>\(words) \(bounds.map(bound).joined(separator: "; "))</p>\n"
    if rows.isEmpty { return head }
    return head
      + table(
        ["member", "type", "", "meaning"],
        rows.map {
          [code($0.name), Markup.html($0.type), $0.isRequired ? "always" : "", meaning($0)]
        })
  }

  private static func exitCodes(_ page: ToolPage) -> String {
    "<h3>Exit codes</h3>\n"
      + table(
        ["code", "outcome", "meaning"],
        page.exitCodes.map { [$0.code, $0.outcome, Markup.html($0.meaning)] })
  }

  private static func meaning(_ row: SchemaRows.Row) -> String {
    let bounds = row.bounds.map(bound).joined(separator: "; ")
    let words = Markup.html(row.words)
    return bounds.isEmpty ? words : "\(words) <small>\(bounds)</small>"
  }

  private static func bound(_ bound: SchemaWords.Bound) -> String {
    Markup.html(bound.words) + (bound.code.map { " " + code($0) } ?? "")
  }

  private static func code(_ text: String) -> String { "<code>\(Markup.html(text))</code>" }

  /// - Parameter rows: escaped already.
  private static func table(_ heads: [String], _ rows: [[String]]) -> String {
    let head = heads.map { "<th>\($0)</th>" }.joined()
    let body = rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }.joined()
    return "<table>\n<tr>\(head)</tr>\n\(body)</table>\n"
  }
}
