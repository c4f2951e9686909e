package import JSON
package import Schema
package import Tools

/// A validated tool definition at one version. It never changes: another content is another digest.
package struct Tool: Sendable {
  package let name: String
  package let version: String
  package let title: String
  package let description: String
  package let effects: Effects
  package let approval: Approval
  /// Of the object of arguments; a closed one.
  package let arguments: Schema
  /// What the endpoint needs: variants, limits, delivery, recovery, secrets.
  package let plan: ExecutionPlan
  package let result: ResultContract
  package let exitCodes: ExitCodes
  package let tests: [ToolTest]
  /// The canonical form, with every default written out and quantities as whole milliseconds and
  /// bytes.
  package let definition: JSON
  /// The one text of the canonical form; `digest` is its digest.
  package let canonical: [UInt8]
  /// `sha256:` and 64 hexadecimal digits.
  package let digest: String

  package var limits: Limits { plan.limits }
  package var delivery: DeliveryPolicy { plan.delivery }
  package var recovery: RecoveryPolicy { plan.recovery }
  package var redact: [JSONPointer] { plan.redact }

  /// Reads a definition that was stored in its canonical form.
  package init(definition: JSON) throws(DefinitionErrors) {
    let faults = Faults()
    let reader = DefinitionReader(form: .stored, faults: faults, source: nil)
    guard let tool = reader.read(Node(definition)) else {
      throw faults.errors(file: "definition")
    }
    self = tool
  }

  init(_ parts: Parts, plan: ExecutionPlan, definition: JSON) {
    name = parts.name
    version = parts.version
    title = parts.title
    description = parts.description
    effects = parts.effects
    approval = parts.approval
    arguments = parts.arguments
    self.plan = plan
    result = parts.result
    exitCodes = parts.exitCodes
    tests = parts.tests
    self.definition = definition
    canonical = definition.canonical
    digest = ExecutionPlan.digest(of: definition)
  }

  /// What the reader of a definition hands over.
  struct Parts {
    let name: String
    let version: String
    let title: String
    let description: String
    let effects: Effects
    let approval: Approval
    let arguments: Schema
    let result: ResultContract
    let exitCodes: ExitCodes
    let tests: [ToolTest]
  }
}

/// What a call may do to the endpoint, in the words of MCP's tool annotations.
package struct Effects: Sendable, Hashable {
  package let readOnly: Bool
  package let destructive: Bool
  /// A second execution with the same arguments changes nothing more.
  package let idempotent: Bool
  /// It deals with things beyond the endpoint.
  package let openWorld: Bool
}

/// Who has to agree before a call is delivered.
package enum Approval: String, Sendable, CaseIterable {
  case none
  case `operator`
  case twoPerson = "two-person"
  /// The person at the endpoint.
  case user
}

/// What the output has to be for a call to have succeeded.
package struct ResultContract: Sendable {
  package enum Parse: String, Sendable, CaseIterable {
    case text
    case json
    case jsonl
    case keyValue = "key-value"
  }

  package let parse: Parse
  /// Only `text` can do without.
  package let schema: Schema?
}

/// What the tool's exit codes mean.
package struct ExitCodes: Sendable, Hashable {
  package struct Meaning: Sendable, Hashable {
    package let isSuccess: Bool
    /// The author's words; a failure always has some.
    package let text: String?
  }

  package let meanings: [Int: Meaning]

  /// A code that the definition does not list: 0 is success, the others are failures.
  package func meaning(of code: Int) -> Meaning {
    meanings[code] ?? Meaning(isSuccess: code == 0, text: nil)
  }
}
