package import Catalog

/// A browsable reference of tools: pages in Markdown, and all of it as one page of HTML that needs
/// nothing else.
package struct Reference: Sendable {
  package struct File: Sendable, Hashable {
    /// Below the reference's directory.
    package let path: String
    package let text: String
  }

  private let entries: [(key: String, page: ToolPage)]

  package init(_ tools: [Tool]) {
    let sorted = tools.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    entries = sorted.map { tool in
      let isOnly = tools.count { $0.name == tool.name } == 1
      let page = ToolPage(tool)
      return (page.key(isOnlyVersion: isOnly), page)
    }
  }

  package var files: [File] {
    [
      File(path: "index.html", text: HTMLReference(entries).text),
      File(path: "index.md", text: index),
    ]
      + entries.map {
        File(path: "tools/\($0.key).md", text: MarkdownPage($0.page, key: $0.key).text)
      }
  }

  private var index: String {
    var out = "# Tools\n\n| tool | effects | platforms | |\n|---|---|---|---|\n"
    for (key, page) in entries {
      out += "| [\(Markup.cell(key))](tools/\(key).md) | \(page.risk) |"
      out += " \(Markup.cell(page.platforms.joined(separator: ", "))) |"
      out += " \(Markup.cell(page.tool.title)) |\n"
    }
    return out
  }
}
