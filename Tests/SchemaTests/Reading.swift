import JSON
import Schema

// What many tests begin with.

func schema(_ text: String, options: SchemaOptions = .strict) throws -> Schema {
  try Schema(JSON(parsing: text), options: options)
}

/// What is wrong with a schema; nothing if it is taken.
func errors(
  _ text: String, options: SchemaOptions = .strict, limits: SchemaLimits = .init()
) throws -> [SchemaError] {
  let json = try JSON(parsing: text)
  do throws(SchemaErrors) {
    _ = try Schema(json, options: options, limits: limits)
    return []
  } catch {
    return error.errors
  }
}

/// The standard's own rules, with checks of what it leaves open.
let asserting: SchemaOptions = {
  var options = SchemaOptions()
  options.format = .assertion
  options.content = .assertion
  return options
}()

let draft7: SchemaOptions = {
  var options = SchemaOptions()
  options.dialect = .draft7
  return options
}()

func nested(_ open: String, _ inner: String, _ close: String, _ depth: Int) -> String {
  String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
}
