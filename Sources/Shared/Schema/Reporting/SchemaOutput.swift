package import JSON

/// What a check found, in the standard's own forms (2020-12 Core, section 12).
package struct SchemaOutput: Sendable {
  package enum Form: String, Sendable, CaseIterable {
    /// Whether it is valid.
    case flag
    /// All errors, or all annotations, in one list.
    case basic
    /// As a tree in the shape of the schema, without what is a mere step on the way.
    case detailed
  }

  /// One keyword at one place of the instance.
  package struct Unit: Sendable, Hashable {
    package let isValid: Bool
    /// The keywords on the way, as a JSON Pointer, references included.
    package let keywordLocation: String
    /// Where the keyword really stands: the URI of its schema, and a JSON Pointer in it.
    package let absoluteKeywordLocation: String
    package let instanceLocation: String
    /// What is wrong; `nil` if only the units inside say so.
    package let error: String?
    package let annotation: JSON?
    package let details: [Unit]
  }

  package let isValid: Bool
  package let units: [Unit]

  package func json(_ form: Form) -> JSON {
    var object = JSONObject([("valid", .bool(isValid))])
    switch form {
    case .flag: break
    case .basic:
      let list = units.flatMap(\.flat).filter { $0.isValid == isValid }
      object[isValid ? "annotations" : "errors"] = .array(list.map { $0.json(nested: false) })
    case .detailed:
      // The root is a unit of the tree itself.
      object["keywordLocation"] = ""
      object["instanceLocation"] = ""
      let list = units.compactMap(\.condensed).filter { $0.isValid == isValid }
      object[isValid ? "annotations" : "errors"] = .array(list.map { $0.json(nested: true) })
    }
    return .object(object)
  }
}

extension SchemaOutput.Unit {
  /// Without those that only lead to others.
  fileprivate var flat: [Self] {
    (error != nil || annotation != nil ? [self] : []) + details.flatMap(\.flat)
  }

  /// Section 12.4.3: a unit without anything inside is left out, and one with a single other unit
  /// inside is that unit.
  fileprivate var condensed: Self? {
    let inner = details.compactMap(\.condensed).filter { $0.isValid == isValid }
    if error == nil, annotation == nil {
      if inner.isEmpty { return nil }
      if inner.count == 1 { return inner[0] }
    }
    return Self(
      isValid: isValid, keywordLocation: keywordLocation,
      absoluteKeywordLocation: absoluteKeywordLocation, instanceLocation: instanceLocation,
      error: error, annotation: annotation, details: inner)
  }

  fileprivate func json(nested: Bool) -> JSON {
    var object = JSONObject([
      ("valid", .bool(isValid)), ("keywordLocation", .string(keywordLocation)),
      ("absoluteKeywordLocation", .string(absoluteKeywordLocation)),
      ("instanceLocation", .string(instanceLocation)),
    ])
    if let error { object["error"] = .string(error) }
    if let annotation { object["annotation"] = annotation }
    if nested, !details.isEmpty {
      object[isValid ? "annotations" : "errors"] = .array(details.map { $0.json(nested: true) })
    }
    return .object(object)
  }
}

extension Explanation {
  /// Everything that is to be said about the instance.
  mutating func output(of instance: JSON) -> SchemaOutput {
    let finding = finding(of: instance, at: 0)
    var units = finding.units.map(unit)
    if let limitMet {
      units.append(
        SchemaOutput.Unit(
          isValid: false, keywordLocation: "", absoluteKeywordLocation: limitMet.keyword,
          instanceLocation: limitMet.instancePointer, error: limitMet.description, annotation: nil,
          details: []))
    }
    return SchemaOutput(isValid: finding.isValid && limitMet == nil, units: units)
  }

  private func unit(_ unit: Finding.Unit) -> SchemaOutput.Unit {
    SchemaOutput.Unit(
      isValid: unit.isValid, keywordLocation: unit.evaluationPath.text,
      absoluteKeywordLocation: schematic.absoluteLocation(of: unit.place, unit.keyword),
      instanceLocation: unit.instance.text,
      error: unit.problem.map { "expected \($0.expected), found \($0.actual)" },
      annotation: unit.annotation, details: unit.details.map(self.unit))
  }
}
