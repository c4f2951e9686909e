internal import Catalog

extension Rulebook {
  /// The sample with a secret, and a script that takes it from standard input.
  static func secret(
    _ script: String, rest: String = "redact: [/password]", isRedacted: Bool = true
  ) -> String {
    let property = "password"
    return """
      arguments:
        type: object
        additionalProperties: false
        required: [\(property)]
        properties:
          \(property): {type: string, description: To log in with., maxLength: 100}
      \(run(script, when: "{os: linux, commands: [curl]}", input: "{stdin: json}"))
      \(rest)
      tests:
        - name: logged in
          arguments: {\(property): hunter2}
          given: {exitCode: 0, stdout: "state=hunter2\\n"}
          expect: {outcome: succeeded, result: {state: "\(isRedacted ? "[redacted]" : "hunter2")"}}
        - name: nothing to log in with
          arguments: {}
          expect: {invalidArguments: /\(property)}
      """
  }

  static let safety: [RuleEntry] = [
    RuleEntry(
      .effects, "A tool that reads only, and is destructive",
      why: "It cannot be both, and approval depends on it.",
      remedy: "Set one of readOnly and destructive to false.",
      .fields(
        bad: "effects: {readOnly: true, destructive: true, idempotent: true, openWorld: false}\n"
          + "approval: operator",
        good: "effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}\n"
          + "approval: operator")),
    RuleEntry(
      .secretExposed, "A secret in the environment or the arguments",
      why: "Other processes of the endpoint read both.",
      remedy: "Take it from standard input: \"stdin: json\".",
      .fields(
        bad: secret("printf 'state=%s\\n' \"${PASSWORD:+set}\"")
          .exchanging("{stdin: json}", by: "{env: {PASSWORD: /password}}"),
        good: secret("curl -fsS --config - https://example.com/state"))),
    RuleEntry(
      .redact, "A secret that cannot be kept",
      why: "Only text can be found in output and replaced; and a default, an enum or an example is"
        + " read by everyone who reads the definition.",
      remedy: "Declare it with \"type: string\", and without default, const, enum and examples.",
      .fields(
        bad: secret("curl -fsS --config - https://example.com/state")
          .exchanging("maxLength: 100}", by: "maxLength: 100, default: secret}"),
        good: secret("curl -fsS --config - https://example.com/state"))),
    RuleEntry(
      .recovery, "A second execution of a tool that is not idempotent",
      why: "A retry of what is not idempotent does it twice: two mails, two restarts, two users.",
      remedy:
        "Remove the retry; or set idempotent to true, if running it twice changes nothing more.",
      .fields(
        bad: "effects: {readOnly: true, destructive: false, idempotent: false, openWorld: false}\n"
          + "recovery: {attempts: 3, onLostAfterStart: retry}",
        good: "effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}\n"
          + "recovery: {attempts: 3, onLostAfterStart: retry}")),
    RuleEntry(
      .unapprovedRisk, "High risk without approval",
      why:
        "A tool that may destroy something is delivered as soon as anyone, or any AI client, asks.",
      remedy: "Write \"approval: operator\", or \"two-person\" where one slip is one too many.",
      .fields(
        bad: "effects: {readOnly: false, destructive: true, idempotent: true, openWorld: false}\n"
          + "approval: none",
        good: "effects: {readOnly: false, destructive: true, idempotent: true, openWorld: false}\n"
          + "approval: operator")),
    RuleEntry(
      .readOnlyContradicted, "Read-only, with destructive words",
      why: "Clients let read-only tools run without asking. A name, a title or a command says that"
        + " this one changes something.",
      remedy: "Set readOnly to false, and destructive to what is true; or take out what changes"
        + " something.",
      .fields(
        bad: run("systemctl restart -- \"$UNIT\"\nprintf 'state=%s\\n' \"$UNIT\""),
        good: run("state=$(systemctl is-active -- \"$UNIT\")\nprintf 'state=%s\\n' \"$state\""))),
    RuleEntry(
      .undeclaredReboot, "A reboot that nothing announces",
      why: "It ends every session and every other call on the endpoint.",
      remedy: "Set destructive to true, and say in the description that the endpoint restarts.",
      .fields(
        bad: "effects: {readOnly: false, destructive: false, idempotent: false, openWorld: false}\n"
          + run("printf 'state=%s\\n' \"$UNIT\"\nshutdown -r +5"),
        good: "description: Reboots the endpoint in five minutes, and returns the name given.\n"
          + "approval: operator\n"
          + "effects: {readOnly: false, destructive: true, idempotent: false, openWorld: false}\n"
          + run("printf 'state=%s\\n' \"$UNIT\"\nshutdown -r +5"))),
    RuleEntry(
      .secretShown, "A secret that the script shows to other processes",
      why:
        "The arguments of a process are shown to everyone on the endpoint, and its environment to"
        + " its user and every program that it starts.",
      remedy: "Hand it over by standard input, or a file that only its owner may read.",
      .fields(
        bad: secret(
          "password=$(cut -d'\"' -f4)\ncurl -fsS -u \"admin:$password\" https://example.com/state"),
        good: secret(
          "password=$(cut -d'\"' -f4)\nprintf 'user = \"admin:%s\"\\n' \"$password\" \\\n"
            + "  | curl -fsS --config - https://example.com/state"))),
    RuleEntry(
      .hardCodedCredential, "A credential in the definition",
      why: "Definitions are read by everyone, kept in version control, and sent to every endpoint.",
      remedy: "Take it as an argument, with \"redact\" and \"stdin: json\"; and change it, since it"
        + " is known.",
      .fields(
        bad: run("password='hunter2!x'\nprintf 'state=%s\\n' \"$UNIT ${password:+set}\""),
        good: run("printf 'state=%s\\n' \"$UNIT\""))),
    RuleEntry(
      .unredactedSecret, "An argument that has the name of a secret, and is none",
      why: "Its value is stored, shown and logged as it is.",
      remedy: "List it under \"redact\", and take it by \"stdin: json\".",
      .fields(
        bad: secret(
          "curl -fsS --config - https://example.com/state", rest: "approval: none",
          isRedacted: false),
        good: secret("curl -fsS --config - https://example.com/state"))),
    RuleEntry(
      .undeclaredPrivileges, "sudo, su, doas or pkexec in a tool that is given no privileges",
      why:
        "Set-user-id programs give a script nothing that it has not (no_new_privs) unless the"
        + " tool says that it needs them. Where the agent is not root, or the tool has \"runAs\", they"
        + " fail; as root, sudo gives it nothing.",
      remedy: "Write \"needs: [privileges]\" beside \"with\". Or take sudo out where the agent is"
        + " root; \"runAs\" runs the whole script as another user.",
      .fields(
        bad: run("sudo -n printf 'state=%s\\n' \"$UNIT\""),
        good: run("sudo -n printf 'state=%s\\n' \"$UNIT\"", needs: "privileges"))),
  ]
}
