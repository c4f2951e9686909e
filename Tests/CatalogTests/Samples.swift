import Catalog
import JSON
import Testing

/// The definition that docs/TOOLS.md explains.
let sample = """
  signalbox: 1
  name: service.restart
  version: 1.2.0
  title: Restart a service
  description: >-
    Restart one systemd unit and report the state it ends in.
  effects: {readOnly: false, destructive: true, idempotent: false, openWorld: false}
  approval: operator
  arguments:
    type: object
    additionalProperties: false
    required: [unit]
    properties:
      unit: {type: string, pattern: '^[A-Za-z0-9][A-Za-z0-9@_.:-]{0,120}\\.service$'}
      waitSeconds: {type: integer, minimum: 0, maximum: 120, default: 10}
  run:
    - when: {os: linux, commands: [systemctl]}
      with: shell
      input: {env: {UNIT: /unit, WAIT: /waitSeconds}}
      script: |
        systemctl restart -- "$UNIT" || exit 5
        printf 'unit=%s\\nstate=%s\\n' "$UNIT" "$(systemctl show -p ActiveState --value -- "$UNIT")"
  result:
    parse: key-value
    schema: {type: object, required: [unit, state], properties: {unit: {type: string}, state: {type: string}}}
  exitCodes: {0: succeeded, 5: {failed: restart command failed}}
  limits: {run: 150s, killGrace: 10s, stdout: 64KiB, stderr: 64KiB}
  delivery: {whenOffline: queue, expiresAfter: 24h, ackWithin: 10s, attempts: 5}
  recovery: {attempts: 1, onLostAfterStart: unknown}
  tests:
    - name: metacharacters never reach the endpoint
      arguments: {unit: "x; reboot"}
      expect: {invalidArguments: /unit}
    - name: active after restart
      arguments: {unit: nginx.service}
      given: {exitCode: 0, stdout: "unit=nginx.service\\nstate=active\\n"}
      expect: {outcome: succeeded, result: {unit: nginx.service, state: active}}

  """

/// A small definition, to be changed one line at a time.
let small = """
  signalbox: 1
  name: echo
  version: 1.0.0
  title: Echo
  description: Print a word.
  effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}
  approval: none
  arguments: {type: object, additionalProperties: false, properties: {word: {type: string}}}
  run:
    - with: shell
      input: {env: {WORD: /word}}
      script: printf %s "$WORD"
  result: {parse: text}

  """

extension String {
  func replacing(_ old: String, by new: String) -> String {
    precondition(contains(old), "\(old) is not in the sample")
    var out = ""
    var rest = self[...]
    while let range = rest.firstRange(of: old) {
      out += rest[..<range.lowerBound] + new
      rest = rest[range.upperBound...]
    }
    return out + rest
  }
}

func load(_ text: String) -> Result<Tool, DefinitionErrors> {
  Catalog.read(Array(text.utf8), file: "t.yaml")
}

func tool(_ text: String) throws -> Tool { try load(text).get() }

func errors(_ text: String) -> [DefinitionError] { errors(Array(text.utf8)) }

func errors(_ bytes: [UInt8]) -> [DefinitionError] {
  switch Catalog.read(bytes, file: "t.yaml") {
  case .success: []
  case .failure(let failure): failure.errors
  }
}

/// `line:column rule` of each error.
func places(_ text: String) -> [String] {
  errors(text).map { "\($0.line):\($0.column) \($0.rule.rawValue)" }
}
