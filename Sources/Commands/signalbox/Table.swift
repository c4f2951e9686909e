import CommandLine

/// Rows for people, in columns.
struct Table {
  private let heads: [String]
  private var rows: [[String]] = []

  init(_ heads: String...) { self.init(heads) }

  init(_ heads: [String]) { self.heads = heads }

  mutating func add(_ cells: String...) { add(cells) }

  mutating func add(_ cells: [String]) { rows.append(cells.map { Visible.text($0) }) }

  func print(to output: Terminal) {
    var widths = heads.map(\.count)
    for row in rows {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
    }
    output.line(output.paint(line(heads, widths), .bold))
    for row in rows { output.line(line(row, widths)) }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (index, cell) in cells.enumerated() {
      text += cell
      guard index < cells.count - 1 else { break }
      text += String(repeating: " ", count: widths[index] - cell.count + 2)
    }
    return text
  }
}
