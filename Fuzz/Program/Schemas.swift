import JSON
import Schema

/// The compiler of schemas, and checking against them.
enum Schemas {
  private static let forms: [SchemaOptions] = {
    var all = Dialect.allCases.map { dialect in
      var options = SchemaOptions()
      options.dialect = dialect
      options.format = .assertion
      options.content = .assertion
      return options
    }
    all.append(.strict)
    all.append(SchemaOptions())
    return all
  }()

  static func compile(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes) else { return }
    for options in forms {
      do throws(SchemaErrors) {
        let schema = try Schema(json, options: options, limits: limits)
        expect(schema.json == json, "the schema is another one")
        // Its own text is as good an instance as any, and leads into every rule.
        check(json, by: schema)
      } catch {
        expect(!error.errors.isEmpty, "a schema is refused without a reason")
      }
      _ = try? Schema.violations(ofSchema: json, options: options)
    }
  }

  static func check(_ bytes: [UInt8]) {
    let (line, rest) = bytes.firstLineAndRest
    guard let schema = try? JSON(parsing: line), let instance = try? JSON(parsing: rest) else {
      return
    }
    for options in forms {
      guard let schema = try? Schema(schema, options: options, limits: limits) else { continue }
      check(instance, by: schema)
    }
  }

  /// A check may take ten seconds by the limits that a call has; here that would be a hang.
  private static let limits: SchemaLimits = {
    var limits = SchemaLimits()
    limits.maxWork = 100_000
    limits.maxExplanationWork = 50_000
    return limits
  }()

  private static func check(_ instance: JSON, by schema: Schema) {
    let isValid = schema.isValid(instance)
    let violations = schema.validate(instance)
    expect(violations.isEmpty == isValid, "the verdict and the violations differ")
    let output = schema.output(of: instance)
    expect(output.isValid == isValid, "the verdict and the output differ")
    for form in SchemaOutput.Form.allCases { _ = output.json(form).bytes }
    guard let filled = try? schema.applyingDefaults(to: instance) else { return }
    // The second time may meet the limit of work, which the first one just kept to.
    guard let again = try? schema.applyingDefaults(to: filled) else { return }
    expect(again == filled, "defaults are filled in twice")
  }
}
