import Catalog
import Digest
import JSON
import Schema
import Support
import Testing

@testable import Workbench

@Suite struct ReferenceTests {
  private static let hostile = [
    "<script>alert(1)</script>", "</pre></article><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>", "' onmouseover='alert(1)", "&lt;b&gt; & &amp;",
    "javascript:alert(1)",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png)", "`code` ``two`` ```",
    "*a* _b_ **c** ~~d~~ $e$ | f | g", "www.evil.example https://evil.example a@evil.example",
    "# heading", "1. list", "- list", "---", "> quote", "    indented", "\\`escaped\\`",
    "]]> --> ?> %>", "\u{2028}\u{202E}abc\u{200F}", "a\u{0}b",
  ]

  /// A tool with the text wherever an author can write.
  private func tool(_ text: String) throws -> Tool? {
    let quoted = JSON.string(text).compact
    let inScript = text.split(separator: "\n").map(String.init).joined(separator: " ")
    let sample = Sample(
      arguments: "{word: {type: string, description: \(quoted), enum: [\(quoted), b], default: b}}",
      script: "echo '\(inScript)'",
      result:
        "{parse: json, schema: {type: object, properties: {\(quoted): {description: \(quoted)}}}}",
      more: """
        exitCodes: {0: succeeded, 3: {failed: \(quoted)}}
        tests:
          - {name: \(quoted), arguments: {word: \(quoted)}, given: {exitCode: 0, stdout: '{}'}, expect: {outcome: succeeded, result: {\(quoted): \(quoted)}}}
        """)
    var lines = sample.text.replacing("title: Echo a word", by: "title: \(quoted)")
    lines = lines.replacing(
      "description: Prints the word that it is given.", by: "description: \(quoted)")
    return try? Catalog.read(Array(lines.utf8), file: "t.yaml").get()
  }

  @Test("nothing that an author writes becomes markup of the page")
  func hostile() throws {
    let plain = try #require(try tool("plain words"))
    let shape = Self.tags(Reference([plain]).html)
    var count = 0
    for text in Self.hostile {
      guard let tool = try tool(text) else { continue }
      count += 1
      let html = Reference([tool]).html
      #expect(Self.tags(html) == shape, "\(text)")
      #expect(!html.contains("\u{202E}") && !html.contains("\u{0}"))
    }
    #expect(count >= 15)
  }

  /// The tags of a page, their attributes' names with them.
  private static func tags(_ html: String) -> [String] {
    var tags: [String] = []
    var rest = html[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      let tag = rest[open...close]
      tags.append(
        tag.split(separator: " ").map { $0.prefix { $0 != "=" } }.joined(separator: " "))
      rest = rest[rest.index(after: close)...]
      if tag.hasPrefix("<script") || tag.hasPrefix("<style") {
        guard let end = rest.firstRange(of: "</") else { break }
        rest = rest[end.lowerBound...]
      }
    }
    return tags
  }

  @Test("the page asks for nothing, and runs nothing but its own script")
  func selfContained() throws {
    let html = Reference(try shippedTools()).html
    for word in ["src=", "<link", "@import", "url(", "fetch(", "XMLHttp", "http-equiv=\"refresh"] {
      #expect(!html.contains(word), "\(word)")
    }
    let script = "sha256-" + Base64.text(SHA256.digest(of: Array(HTMLAssets.script.utf8)))
    let style = "sha256-" + Base64.text(SHA256.digest(of: Array(HTMLAssets.style.utf8)))
    #expect(html.contains("<script>\(HTMLAssets.script)</script>"))
    #expect(
      html.contains(
        "content=\"default-src 'none'; style-src '\(style)'; script-src '\(script)';"
          + " base-uri 'none'; form-action 'none'\""))
    #expect(!HTMLAssets.script.contains("innerHTML") && !HTMLAssets.script.contains("</"))
  }

  @Test("every tool has an article, an entry, a page and a row")
  func complete() throws {
    let tools = try shippedTools()
    let reference = Reference(tools)
    let files = reference.files
    #expect(files.map(\.path).prefix(2) == ["index.html", "index.md"])
    #expect(files.count == tools.count + 2)
    for tool in tools {
      #expect(reference.html.contains("<article id=\"\(tool.name)\">"))
      #expect(reference.html.contains("<a href=\"#\(tool.name)\">"))
      #expect(files[1].text.contains("(tools/\(tool.name).md)"))
      let page = try #require(files.first { $0.path == "tools/\(tool.name).md" })
      #expect(page.text.hasPrefix("# \(tool.name): "))
      for row in SchemaRows(tool.arguments.json).rows {
        #expect(page.text.contains("| `\(row.name)` |"), "\(tool.name) \(row.name)")
      }
    }
  }

  @Test("two versions of a tool have two pages")
  func versions() throws {
    let tools = [try Sample(version: "1.0.0").tool(), try Sample(version: "2.0.0").tool()]
    #expect(
      Reference(tools).files.map(\.path).suffix(2)
        == ["tools/echo.word@1.0.0.md", "tools/echo.word@2.0.0.md"])
  }

  @Test(
    "a line of Markdown says what it says",
    arguments: [
      ("disk.usage", "disk.usage"), ("a-b = c + d", "a-b = c + d"), ("1. x", "1\\. x"),
      ("12) x", "12) x".replacing(")", by: "\\)")), ("- x", "\\- x"), ("# x", "\\# x"),
      ("a # b", "a # b"), ("<b>", "&lt;b&gt;"), ("&amp;", "&amp;amp;"), ("*x*", "\\*x\\*"),
      ("[a](b)", "\\[a\\](b)"), ("`a`", "\\`a\\`"), ("www.a.b", "www\\.a.b"),
      ("https://a", "https\\://a"), ("a: b", "a: b"), ("a|b", "a\\|b"), ("a@b", "a\\@b"),
      ("== x", "\\=\\= x"), ("a\nb", "a b"), ("\u{202E}x", "\u{FFFD}x"),
    ])
  func markdown(text: String, escaped: String) {
    #expect(Markup.markdown(text) == escaped)
  }

  @Test("code is in more backticks than it has, and keeps to its cell")
  func code() {
    #expect(Markup.code("a`b") == "``a`b``" && Markup.code("`a") == "`` `a ``")
    #expect(Markup.code("a|<b>") == "<code>a&#124;&lt;b&gt;</code>")
    #expect(Markup.block("a\n```\nb", "sh") == "````sh\na\n```\nb\n````\n")
  }

  @Test("an example is what somebody would type")
  func calls() throws {
    let sample = Sample(
      arguments:
        "{word: {type: string}, list: {type: array}, flag: {type: boolean}, key: {type: string}}",
      input: "{stdin: json}", more: "redact: [/key]")
    let arguments = try JSON(
      parsing: #"{"word":"it's $(x)","list":[1,"a b"],"flag":true,"key":"hunter2"}"#)
    #expect(
      CallLine(try sample.tool(), arguments).text
        == #"signalbox call ENDPOINT echo.word 'word=it'\''s $(x)' 'list:=[1,"a b"]' flag=true key=@FILE"#
    )
    #expect(
      CallLine(try sample.tool(), ["word": "@home"]).text
        == "signalbox call ENDPOINT echo.word word=@@home")
  }
}

extension Reference {
  var html: String { files[0].text }
}
