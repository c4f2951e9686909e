internal import JSON

/// The schema of a Puppet data type.
struct PuppetSchema {
  var schema = JSONObject()
  /// `Optional[...]` at the outside.
  var isOptional = false
  /// `Sensitive[...]` at the outside.
  var isSecret = false

  /// Types that a module defines: their sources by name.
  typealias Aliases = (String) -> String?

  /// Reads a type and converts it; what cannot be said is a gap of the argument.
  init(_ text: String, argument: String, aliases: @escaping Aliases, _ remarks: inout Remarks) {
    do throws(PuppetType.Unreadable) {
      var converter = PuppetConverter(argument: argument, aliases: aliases)
      self = converter.outer(try PuppetType.read(text))
      remarks.take(converter.remarks)
    } catch {
      remarks.gap(
        .argumentType,
        "the type \(text.quoted(upTo: 80)) of \(argument) cannot be read (\(error.reason)), so any"
          + " value is taken")
    }
  }

  init(schema: JSONObject) { self.schema = schema }
}
