import JSON

/// What `Explanation` finds out about one subschema and one value.
struct Finding {
  var isValid = true
  var units: [Unit] = []
  /// Members or items of the value that were looked at, by their places.
  var looked = Looked()

  /// What one keyword has to say: an error, a remark, or what the subschemas under it have to say.
  struct Unit {
    let isValid: Bool
    let place: Int
    let keyword: String?
    /// The keywords on the way, references included.
    let evaluationPath: JSONPointer
    let instance: JSONPointer
    /// What was expected and found; `nil` if only the subschemas under it found something.
    var problem: Problem?
    var annotation: JSON?
    var details: [Unit] = []
  }

  struct Problem {
    let expected: String
    let actual: String
  }

  struct Looked {
    var isAll = false
    var places: Set<Int> = []

    mutating func formUnion(_ other: Looked) {
      isAll = isAll || other.isAll
      places.formUnion(other.places)
    }

    func contains(_ place: Int) -> Bool { isAll || places.contains(place) }
  }

  /// Adds what another keyword of the same subschema found.
  mutating func add(_ other: Finding) {
    isValid = isValid && other.isValid
    units.append(contentsOf: other.units)
    looked.formUnion(other.looked)
  }
}
