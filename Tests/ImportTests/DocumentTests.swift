import Imports
import Platform
import Testing

/// docs/IMPORT.md says what the code does.
@Suite struct ImportDocumentTests {
  static let page: String = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: (try? Files.read("/\(package)/docs/IMPORT.md")) ?? [], as: UTF8.self)
  }()

  @Test("every reason, gap and note is explained")
  func codes() {
    for code in RemarkCode.allCases {
      #expect(Self.page.contains("\n| `\(code.rawValue)` | "), "\(code.rawValue)")
    }
  }
}
