/// Every rule that keeps a definition from being loaded. docs/LINT.md explains each.
package enum Rule: String, CaseIterable, Sendable, Hashable {
  // The file.
  case fileUnreadable = "file.unreadable"
  case fileTooLarge = "file.tooLarge"
  case fileEncoding = "file.encoding"
  case fileByteOrderMark = "file.byteOrderMark"
  case fileLineEndings = "file.lineEndings"
  case fileCharacter = "file.character"
  case fileLink = "file.link"

  // The YAML in it.
  case yamlSyntax = "yaml.syntax"
  case yamlEmptyFile = "yaml.emptyFile"
  case yamlDocuments = "yaml.documents"
  case yamlDirective = "yaml.directive"
  case yamlAlias = "yaml.alias"
  case yamlAnchor = "yaml.anchor"
  case yamlTag = "yaml.tag"
  case yamlMergeKey = "yaml.mergeKey"
  case yamlDuplicateKey = "yaml.duplicateKey"
  case yamlKey = "yaml.key"
  case yamlAmbiguous = "yaml.ambiguous"
  case yamlEmptyValue = "yaml.emptyValue"
  case yamlNumber = "yaml.number"
  case yamlDepth = "yaml.depth"
  case yamlNodes = "yaml.nodes"

  // Fields.
  case unknownField = "tool.unknownField"
  case missingField = "tool.missingField"
  case type = "tool.type"
  case value = "tool.value"
  case length = "tool.length"
  case format = "tool.format"
  case name = "tool.name"
  case version = "tool.version"
  case effects = "tool.effects"
  case unit = "tool.unit"
  case limit = "tool.limit"

  // What the fields say together.
  case argumentsSchema = "tool.argumentsSchema"
  case argumentsOpen = "tool.argumentsOpen"
  case argumentUnused = "tool.argumentUnused"
  case argumentDefault = "tool.argumentDefault"
  case resultSchema = "tool.resultSchema"
  case binding = "tool.binding"
  case bindingName = "tool.bindingName"
  case bindingGap = "tool.bindingGap"
  case secretExposed = "tool.secretExposed"
  case redact = "tool.redact"
  case script = "tool.script"
  case template = "tool.template"
  case unreachable = "tool.unreachable"
  case exitCode = "tool.exitCode"
  case recovery = "tool.recovery"
  case test = "tool.test"

  // The directory.
  case duplicateTool = "catalog.duplicateTool"
  case tooMany = "catalog.tooMany"
}
