import JSON

/// What the calls of a chaos run do: all of them tell a ledger that nobody else writes.
package enum ChaosTool: String, CaseIterable, Sendable {
  /// Ends at once.
  case quick
  /// Prints, works for a while, prints.
  case linger
  /// Prints and ends with an exit code that means failure.
  case fail
  /// Prints more than one message of the bridge holds.
  case flood
  /// Works for longer than it may.
  case overrun

  static func drawn(_ dice: inout Dice) -> ChaosTool {
    switch dice.next() % 100 {
    case 0..<60: .quick
    case 60..<85: .linger
    case 85..<91: .fail
    case 91..<97: .flood
    default: .overrun
    }
  }

  var name: String { "chaos.\(rawValue)" }

  /// What a whole run prints.
  func output(of mark: String) -> String {
    switch self {
    case .quick: mark + "\n"
    case .linger: "\(mark)\ndone\n"
    case .fail, .overrun: mark + "\n"
    case .flood: String(repeating: "x", count: Self.floodBytes) + mark + "\n"
    }
  }

  static let floodBytes = 300_000

  private var script: String {
    switch self {
    case .quick: "echo \"$MARK\""
    case .linger: "echo \"$MARK\"; sleep \"0.$TENTHS\"; echo done"
    case .fail: "echo \"$MARK\"; CODE=3"
    case .flood: "head -c \(Self.floodBytes) /dev/zero | tr '\\0' x; echo \"$MARK\""
    case .overrun: "echo \"$MARK\"; sleep 30"
    }
  }

  var definition: String {
    """
    signalbox: 1
    name: \(name)
    version: 1.0.0
    title: Tell a ledger (\(rawValue))
    description: A tool of the chaos runs.
    effects: {readOnly: false, destructive: false, idempotent: false, openWorld: false}
    approval: none
    arguments:
      type: object
      additionalProperties: false
      required: [mark, file, tenths]
      properties:
        mark: {type: string, maxLength: 64}
        file: {type: string, maxLength: 256}
        tenths: {type: integer, minimum: 0, maximum: 9}
    run:
      - when: {os: linux}
        with: shell
        input: {env: {MARK: /mark, FILE: /file, TENTHS: /tenths}}
        script: |
          CODE=0
          echo "begin $MARK" >> "$FILE"
          \(script)
          echo "end $MARK" >> "$FILE"
          exit $CODE
    result:
      parse: text
      schema: {type: string}
    exitCodes: {0: succeeded, 3: {failed: as it was told to}}
    limits: {run: \(self == .overrun ? "1s" : "60s"), killGrace: 1s, stdout: 1MiB, stderr: 64KiB}
    delivery: {whenOffline: queue, expiresAfter: 24h, ackWithin: 2s, attempts: 50}

    """
  }
}
