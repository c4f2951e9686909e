internal import JSON

/// A definition on its way: what an importer has found out, before it is written as YAML.
struct Draft {
  /// Where it comes from, for the comment at the top of the file.
  var origin: String
  var title: String
  var description: String
  var version = "1.0.0"
  var arguments: [Argument] = []
  var variants: [Variant] = []
  var runSeconds: Int?
  /// Whether the script restarts the endpoint or shuts it down; the description says so then.
  var takesDown = false

  struct Argument {
    var name: String
    /// Without `required`, which is the object's.
    var schema: JSONObject
    var isRequired = false
    var isSecret = false
    /// The secrets within an argument that is an object.
    var secretMembers: [String] = []

    init(_ name: String, _ schema: JSONObject) {
      self.name = name
      self.schema = schema
    }

    var pointer: String { "/" + JSONPointer.escaped(name) }
  }

  struct Variant {
    var os: [String] = []
    var commands: [String] = []
    var executor = "shell"
    var interpreter: String?
    var environment: [(name: String, argument: String)] = []
    var argumentList: [String] = []
    var hasStdin = false
    var script = ""
  }

  func argument(_ name: String) -> Argument? { arguments.first { $0.name == name } }
}

/// What an importer made of one item, without a name yet.
struct Imported {
  var draft: Draft
  /// What the name is made of, the most general part first.
  var nameParts: [String]
  var remarks: Remarks
}

/// What is to be said of an item that is imported.
struct Remarks {
  private(set) var gaps: [Remark] = []
  private(set) var notes: [Remark] = []

  mutating func gap(_ code: RemarkCode, _ message: String) { add(Remark(code, message), &gaps) }
  mutating func note(_ code: RemarkCode, _ message: String) { add(Remark(code, message), &notes) }

  mutating func take(_ text: ScriptText) {
    for remark in text.notes { add(remark, &notes) }
    for remark in text.gaps { add(remark, &gaps) }
  }

  mutating func take(_ other: Remarks) {
    for remark in other.notes { add(remark, &notes) }
    for remark in other.gaps { add(remark, &gaps) }
  }

  private func add(_ remark: Remark, _ list: inout [Remark]) {
    if !list.contains(remark) { list.append(remark) }
  }
}
