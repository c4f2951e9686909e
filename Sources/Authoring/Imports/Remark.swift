internal import JSON

/// Something there is to say of an imported item: what, and by a stable code, why.
package struct Remark: Sendable, Hashable {
  package let code: RemarkCode
  /// One line, with what to do about it where something can be done.
  package let message: String

  package init(_ code: RemarkCode, _ message: String) {
    self.code = code
    self.message = Remark.oneLine(message)
  }

  /// Far more than a remark needs; what is quoted in it may be anything.
  private static let maxScalars = 400

  private static func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars.prefix(maxScalars) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: line += " "
      default: line.unicodeScalars.append(scalar)
      }
    }
    return text.unicodeScalars.count > maxScalars ? line + "…" : line
  }
}

extension JSON {
  /// `an array`, `a text`.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value in a remark: cut where it is long.
  var shown: String { string?.quoted() ?? compact.cut(to: 60) }
}

extension String {
  func cut(to limit: Int) -> String {
    unicodeScalars.count > limit
      ? String(String.UnicodeScalarView(unicodeScalars.prefix(limit))) + "…" : self
  }
}

/// Why an item is refused. Nothing is written for it.
struct ItemRefusal: Error {
  let remark: Remark

  init(_ code: RemarkCode, _ message: String) { remark = Remark(code, message) }
}

/// Every reason, gap and note by its stable code. docs/IMPORT.md explains each.
package enum RemarkCode: String, CaseIterable, Sendable, Hashable {
  // The files.
  case fileMissing = "file.missing"
  case fileUnreadable = "file.unreadable"
  case fileOutside = "file.outside"
  case fileTooLarge = "file.tooLarge"
  case fileBinary = "file.binary"
  case fileEncoding = "file.encoding"
  case fileCarriageReturn = "file.carriageReturn"
  case fileCase = "file.case"
  case fileUnlisted = "file.unlisted"
  case jsonInvalid = "json.invalid"
  case yamlInvalid = "yaml.invalid"
  case itemShape = "item.shape"
  case itemField = "item.field"
  case itemLimit = "item.limit"

  // What the text of a script went through.
  case textLineEndings = "text.lineEndings"
  case textByteOrderMark = "text.byteOrderMark"
  case textDecoded = "text.decoded"
  case textEscaped = "text.escaped"

  // The script.
  case scriptEmpty = "script.empty"
  case scriptTooLarge = "script.tooLarge"
  case scriptSnippet = "script.snippet"
  case scriptWrapped = "script.wrapped"
  case scriptLocation = "script.location"
  case scriptAsks = "script.asks"
  case scriptLanguage = "script.language"
  case batchArguments = "batch.arguments"
  case batchText = "batch.text"
  case interpreterUnknown = "interpreter.unknown"
  case interpreterAssumed = "interpreter.assumed"
  case interpreterOptions = "interpreter.options"
  case platformDropped = "platform.dropped"
  case platformUnknown = "platform.unknown"
  case platformAssumed = "platform.assumed"
  case timeout
  case runAsUser = "run.asUser"

  // Arguments.
  case argumentPattern = "argument.pattern"
  case argumentDefault = "argument.default"
  case argumentType = "argument.type"
  case argumentCheck = "argument.check"
  case argumentName = "argument.name"
  case argumentSets = "argument.sets"
  case argumentUndeclared = "argument.undeclared"
  case argumentPlaceholder = "argument.placeholder"
  case argumentTemplate = "argument.template"
  case argumentComposed = "argument.composed"
  case argumentPositional = "argument.positional"
  case argumentIgnored = "argument.ignored"
  case argumentTooMany = "argument.tooMany"
  case secretByName = "secret.byName"
  case secretUnredacted = "secret.unredacted"
  case secretUnreachable = "secret.unreachable"
  case secretVariable = "secret.variable"
  case environmentName = "environment.name"

  // Bolt.
  case boltRemote = "bolt.remote"
  case boltImplementation = "bolt.implementation"
  case boltRequirement = "bolt.requirement"
  case boltFiles = "bolt.files"
  case boltBundle = "bolt.bundle"
  case boltNoop = "bolt.noop"
  case boltMetadata = "bolt.metadata"
  case boltMetaparameter = "bolt.metaparameter"
  case boltPrivate = "bolt.private"

  // SSM.
  case ssmVersion = "ssm.version"
  case ssmAction = "ssm.action"
  case ssmCommands = "ssm.commands"
  case ssmSplice = "ssm.splice"
  case ssmSpliceWord = "ssm.spliceWord"
  case ssmSpliceText = "ssm.spliceText"
  case ssmStored = "ssm.stored"
  case ssmPart = "ssm.part"
  case ssmPrecondition = "ssm.precondition"
  case ssmFlow = "ssm.flow"

  // The definition.
  case textShortened = "text.shortened"
  case definitionRefused = "definition.refused"
  case lintError = "lint.error"
}
