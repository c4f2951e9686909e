package import Catalog

/// One thing that the loader or lint has to say about a definition.
package struct Finding: Sendable, Hashable {
  package let file: String
  package let code: Code
  package let severity: Severity
  package let position: Position
  /// How many characters of the line it is about; at least 1.
  package let length: Int
  package let message: String
  package let remedy: String

  package init(
    file: String, code: Code, severity: Severity, position: Position, length: Int = 1,
    message: String, remedy: String
  ) {
    self.file = file
    self.code = code
    self.severity = severity
    self.position = position
    self.length = max(1, length)
    self.message = message
    self.remedy = remedy
  }
}

/// A finding that its definition allows, with the reason it gives.
package struct AllowedFinding: Sendable, Hashable {
  package let finding: Finding
  package let reason: String
}
