package import Catalog

/// The one list of all codes.
package enum Rulebook {
  /// By code.
  package static let entries: [RuleEntry] =
    (files + yaml + fields + head + arguments + scripts + shell + otherLanguages + results + safety
    + tests).sorted { $0.code < $1.code }

  /// Codes of rules that are gone; no rule may ever have one of them again.
  package static let retired: [Code] = []

  private static let places = Dictionary(
    uniqueKeysWithValues: entries.enumerated().map { ($1.code, $0) })

  package static subscript(code: Code) -> RuleEntry? { places[code].map { entries[$0] } }

  /// The place of a code in `entries`.
  package static func index(of code: Code) -> Int? { places[code] }

  /// The definition that the examples change. Nothing is to be said about it.
  package static let sample = """
    signalbox: 1
    name: service.state
    version: 1.0.0
    title: State of a service
    description: Whether one systemd unit is active, in the word that systemd has for it.
    effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}
    approval: none
    arguments:
      type: object
      additionalProperties: false
      required: [unit]
      properties:
        unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.]{1,120}$'}
    run:
      - when: {os: linux, commands: [systemctl]}
        with: shell
        input: {env: {UNIT: /unit}}
        script: |
          state=$(systemctl is-active -- "$UNIT")
          [ -n "$state" ] || exit 3
          printf 'state=%s\\n' "$state"
    result:
      parse: key-value
      schema:
        type: object
        additionalProperties: false
        required: [state]
        properties: {state: {type: string, minLength: 1}}
    exitCodes:
      0: succeeded
      3: {failed: systemd does not answer}
    limits: {run: 20s, killGrace: 2s, stdout: 4KiB, stderr: 4KiB}
    tests:
      - name: a unit that runs
        arguments: {unit: nginx}
        given: {exitCode: 0, stdout: "state=active\\n"}
        expect: {outcome: succeeded, result: {state: active}}
      - name: metacharacters never reach the endpoint
        arguments: {unit: "x; reboot"}
        expect: {invalidArguments: /unit}
      - name: a container without systemd
        arguments: {unit: nginx}
        given: {exitCode: 3}
        expect: {outcome: failed}

    """
}
