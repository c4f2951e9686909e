/// The rules for names in definitions, for whoever asks for one.
package enum Naming {
  package static func isToolName(_ text: String) -> Bool { Words.isToolName(text) }
  package static func isArgumentName(_ text: String) -> Bool { Words.isArgumentName(text) }
}
