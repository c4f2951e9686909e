internal import Catalog

extension Rulebook {
  private static let textTests =
    success.exchanging("result: {state: active}", by: "result: \"state=active\\n\"") + refusal
    + failure

  private static let installer = """
    effects: {readOnly: false, destructive: true, idempotent: true, openWorld: false}
    approval: operator
    run:
      - when: {os: windows}
        with: powershell
        input: {env: {UNIT: /unit}}
        script: |
          $package = Join-Path 'C:\\Packages' "$env:UNIT.msi"
          $installer = Start-Process msiexec -ArgumentList '/i', $package, '/qn' -Wait -PassThru
          exit $installer.ExitCode
    """

  static let results: [RuleEntry] = [
    RuleEntry(
      .resultSchema, "A schema of the result that is wrong",
      why: "Output that breaks the schema is malformed; a schema that is wrong, or for another type"
        + " than the mode yields, could never hold.",
      remedy: "Correct the keyword that is told: text yields a string, jsonl an array, key-value an"
        + " object.",
      .fields(
        bad: "result:\n  parse: key-value\n  schema:\n    type: object\n    required: state\n"
          + "    additionalProperties: false\n    properties: {state: {type: string}}",
        good: "result:\n  parse: key-value\n  schema:\n    type: object\n    required: [state]\n"
          + "    additionalProperties: false\n    properties: {state: {type: string}}")),
    RuleEntry(
      .exitCode, "A code that is none, or means none or two things",
      why: "What a code means is what a technician is told.",
      remedy: "Write 0 to 255 (on Windows to 4294967295), each as succeeded, {succeeded: …} or"
        + " {failed: …}.",
      .fields(
        bad: "exitCodes: {0: succeeded, 3: failed}",
        good: "exitCodes: {0: succeeded, 3: {failed: systemd does not answer}}")),
    RuleEntry(
      .missingResultSchema, "A result without a schema",
      why: "Without one no output is ever malformed, and a caller knows nothing of what comes.",
      remedy: "Add \"schema\": for text \"{type: string, description: …}\". Better, print key=value"
        + " or JSON and declare the fields.",
      .fields(
        bad: "result: {parse: text}\n" + textTests,
        good: "result: {parse: text, schema: {type: string, description: The state.}}\n"
          + textTests)),
    RuleEntry(
      .trivialResultSchema, "A schema that every result passes",
      why: "It promises nothing, so nothing can break it.",
      remedy: "Declare the fields that are always there: \"properties\", \"required\","
        + " \"additionalProperties: false\".",
      .fields(
        bad: "result: {parse: key-value, schema: {type: object}}",
        good: "result:\n  parse: key-value\n  schema:\n    type: object\n    required: [state]\n"
          + "    additionalProperties: false\n    properties: {state: {type: string}}")),
    RuleEntry(
      .missingOutputLimit, "No limit for the output",
      why: "The default (1 MiB and 64 KiB) is more than most tools need, and less than some do.",
      remedy: "Add \"stdout\" and \"stderr\" to limits: what the tool prints at the most.",
      .fields(
        bad: "limits: {run: 20s}", good: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB}")),
    RuleEntry(
      .missingRunLimit, "No limit for the time",
      why: "The default is a minute, which is long for a question and short for an installation.",
      remedy: "Add \"run\" to limits: what the tool takes at the most.",
      .fields(
        bad: "limits: {stdout: 4KiB, stderr: 4KiB}",
        good: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB}")),
    RuleEntry(
      .unmappedExitCode, "An exit code that is used and not mapped",
      why: "The technician is told \"exit code 7, which the tool does not list\", and has to read"
        + " the script.",
      remedy: "Add it to exitCodes, with what it means.",
      .fields(
        bad: "exitCodes: {0: succeeded}",
        good: "exitCodes: {0: succeeded, 3: {failed: systemd does not answer}}")),
    RuleEntry(
      .unusedExitCode, "An exit code that is mapped and not used",
      why: "It tells of a failure that there is not; or the script no longer says what it did.",
      remedy: "Remove it, or let the script end with it where that happens.",
      .fields(
        bad: "exitCodes:\n  0: succeeded\n  3: {failed: systemd does not answer}\n"
          + "  4: {failed: there is no such unit}\n" + success + refusal + failure
          + failure.exchanging("without systemd", by: "without units")
          .exchanging("exitCode: 3", by: "exitCode: 4"),
        good: "exitCodes:\n  0: succeeded\n  3: {failed: systemd does not answer}")),
    RuleEntry(
      .unmappedInstallerCode, "Windows Installer's 3010 and 1641 are not mapped",
      why: "msiexec and wusa end with them where they succeeded and a restart is due, or has begun."
        + " Unmapped, a success counts as failed.",
      remedy: "Map both: \"3010: {succeeded: installed; a restart is due}\".",
      .fields(
        bad: installer + "\nexitCodes: {0: succeeded}",
        good: installer + "\nexitCodes:\n  0: succeeded\n"
          + "  1641: {succeeded: a restart has begun}\n  3010: {succeeded: a restart is due}\n"
          + success + refusal
          + failure.exchanging("a container without systemd", by: "a restart has begun")
          .exchanging("exitCode: 3", by: "exitCode: 1641")
          .exchanging("failed", by: "succeededEmpty")
          + failure.exchanging("a container without systemd", by: "a restart is due")
          .exchanging("exitCode: 3", by: "exitCode: 3010")
          .exchanging("failed", by: "succeededEmpty"))),
    RuleEntry(
      .impossibleExitCode, "An exit code that no process can end with",
      why: "POSIX keeps eight bits of it: exit 3010 arrives as 194.",
      remedy: "Write a code from 0 to 255.",
      .fields(
        bad: run("[ -n \"$UNIT\" ] || exit 300\nprintf 'state=%s\\n' \"$UNIT\""),
        good: run("[ -n \"$UNIT\" ] || exit 3\nprintf 'state=%s\\n' \"$UNIT\"")
          .exchanging("{0: succeeded}", by: "{0: succeeded, 3: {failed: no name}}"))),
    RuleEntry(
      .openResult, "A result that may have fields that nobody declared",
      why: "A misspelt field that is not required goes unnoticed.",
      remedy: "Add \"additionalProperties: false\".",
      .fields(
        bad: "result:\n  parse: key-value\n  schema:\n    type: object\n    required: [state]\n"
          + "    properties: {state: {type: string}}",
        good: "result:\n  parse: key-value\n  schema:\n    type: object\n    required: [state]\n"
          + "    additionalProperties: false\n    properties: {state: {type: string}}")),
  ]
}
