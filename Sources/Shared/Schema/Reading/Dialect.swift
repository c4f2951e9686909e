/// A version of JSON Schema.
package enum Dialect: String, Sendable, CaseIterable {
  case draft7 = "http://json-schema.org/draft-07/schema"
  case draft2019 = "https://json-schema.org/draft/2019-09/schema"
  case draft2020 = "https://json-schema.org/draft/2020-12/schema"

  /// By the `$schema` of a document. Draft-07's own has an empty fragment at its end.
  init?(schema uri: URIReference) {
    guard uri.fragment?.isEmpty ?? true else { return nil }
    self.init(rawValue: uri.withoutFragment)
  }

  /// What a schema of this dialect understands.
  var vocabularies: Vocabularies {
    switch self {
    case .draft7: [.core, .applicator, .validation, .metadata, .format, .content]
    case .draft2019, .draft2020:
      [.core, .applicator, .unevaluated, .validation, .metadata, .format, .content]
    }
  }
}

/// Sets of keywords that a meta-schema may ask for or leave out (2020-12 Core, section 8.1.2).
struct Vocabularies: OptionSet, Sendable {
  let rawValue: UInt16

  static let core = Vocabularies(rawValue: 1)
  static let applicator = Vocabularies(rawValue: 2)
  static let unevaluated = Vocabularies(rawValue: 4)
  static let validation = Vocabularies(rawValue: 8)
  static let metadata = Vocabularies(rawValue: 16)
  /// As an annotation.
  static let format = Vocabularies(rawValue: 32)
  static let formatAssertion = Vocabularies(rawValue: 64)
  static let content = Vocabularies(rawValue: 128)

  /// By its URI; `nil` for one that is not known here.
  init?(uri: String) {
    let roots = [
      "https://json-schema.org/draft/2020-12/vocab/",
      "https://json-schema.org/draft/2019-09/vocab/",
    ]
    guard let place = roots.firstIndex(where: uri.hasPrefix) else { return nil }
    switch uri.dropFirst(roots[place].count) {
    case "core": self = .core
    // Until 2020 the applicators included what became `unevaluated`.
    case "applicator": self = place == 0 ? .applicator : [.applicator, .unevaluated]
    case "unevaluated": self = .unevaluated
    case "validation": self = .validation
    case "meta-data": self = .metadata
    case "format-annotation", "format": self = .format
    case "format-assertion": self = [.format, .formatAssertion]
    case "content": self = .content
    default: return nil
    }
  }

  init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// How the keywords of one resource are read.
struct Grammar: Sendable, Equatable {
  let dialect: Dialect
  let vocabularies: Vocabularies

  init(_ dialect: Dialect) {
    self.dialect = dialect
    vocabularies = dialect.vocabularies
  }

  init(_ dialect: Dialect, _ vocabularies: Vocabularies) {
    self.dialect = dialect
    self.vocabularies = vocabularies
  }

  func has(_ vocabulary: Vocabularies) -> Bool { vocabularies.isSuperset(of: vocabulary) }
}
