import JSON
import Schema

/// A schema and instances that are checked against it.
struct SchemaCase {
  let name: String
  let schema: Schema
  /// As they came, and read.
  let texts: [[UInt8]]
  let instances: [JSON]
  let targetNanoseconds: Int?

  init(
    _ name: String, schema: JSON, instances texts: [[UInt8]], targetNanoseconds: Int? = nil
  ) throws {
    var options = SchemaOptions()
    options.format = .assertion
    self.name = name
    self.schema = try Schema(schema, options: options)
    self.texts = texts
    instances = try texts.map { try JSON(parsing: $0) }
    if instances.isEmpty { throw NoInstances(name: name) }
    self.targetNanoseconds = targetNanoseconds
  }

  var validCount: Int { instances.filter(schema.isValid).count }
}

struct NoInstances: Error, CustomStringConvertible {
  let name: String

  var description: String {
    "\(name) has no instances: write them into instances.jsonl, or as files into \"instances\""
  }
}

/// What checking an instance costs, on one thread: alone, and with reading its text.
enum SchemaCost {
  static func run(_ cases: [SchemaCase], say: (String) -> Void) throws -> JSON {
    var rows: [JSON] = []
    for item in cases {
      let checking = nanoseconds(item, item.instances) { item.schema.isValid($0) }
      let reading = try nanoseconds(item, item.texts) {
        try item.schema.isValid(JSON(parsing: $0))
      }
      let bytes = item.texts.reduce(0) { $0 + $1.count }
      var line =
        "schema \(item.name): \(item.instances.count) instances of \(bytes / item.texts.count)"
        + " bytes, \(item.validCount) valid: \(checking) ns to check, \(reading) ns with reading"
      if let target = item.targetNanoseconds { line += " (target \(target) ns to check)" }
      say(line)
      rows.append([
        "name": .string(item.name), "instances": .int(item.instances.count),
        "valid": .int(item.validCount), "bytes": .int(bytes), "checkNs": .int(checking),
        "readAndCheckNs": .int(reading),
      ])
    }
    return ["schema": .array(rows)]
  }

  /// The best of several runs for one instance: what disturbs a run only makes it slower.
  private static func nanoseconds<Instance>(
    _ item: SchemaCase, _ instances: [Instance], _ check: (Instance) throws -> Bool
  ) rethrows -> Int {
    let clock = ContinuousClock()
    var rounds = 1
    var best = Duration.seconds(3_600)
    for run in 0..<40 {
      let start = clock.now
      var valid = 0
      for instance in instances {
        for _ in 0..<rounds where try check(instance) { valid += 1 }
      }
      let took = start.duration(to: clock.now)
      precondition(valid == rounds * item.validCount, "the same check gave another verdict")
      if run == 0 {
        // Each further run takes some milliseconds: the less, the better the chance that nothing
        // comes in between.
        rounds = max(1, Int(Duration.milliseconds(10) / max(took, .nanoseconds(1))))
      } else {
        best = min(best, took / rounds)
      }
    }
    return Int(best / instances.count / .nanoseconds(1))
  }
}
