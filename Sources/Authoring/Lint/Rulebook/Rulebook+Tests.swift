internal import Catalog

extension Rulebook {
  static let success = """
    tests:
      - name: a unit that runs
        arguments: {unit: nginx}
        given: {exitCode: 0, stdout: "state=active\\n"}
        expect: {outcome: succeeded, result: {state: active}}
    """
  static let refusal = """

      - name: metacharacters never reach the endpoint
        arguments: {unit: "x; reboot"}
        expect: {invalidArguments: /unit}
    """
  static let failure = """

      - name: a container without systemd
        arguments: {unit: nginx}
        given: {exitCode: 3}
        expect: {outcome: failed}
    """

  static let tests: [RuleEntry] = [
    RuleEntry(
      .test, "A test that contradicts itself, or has another's name",
      why: "It could never pass, or nobody could tell which one failed.",
      remedy: "Give one ending (exitCode, signal, limit or cancelled), and each test a name of its"
        + " own.",
      .fields(
        bad: success + refusal
          + failure.exchanging("{exitCode: 3}", by: "{exitCode: 3, signal: 9}"),
        good: success + refusal + failure)),
    RuleEntry(
      .failingTest, "A test of the definition that fails",
      why: "The definition does not do what it says.",
      remedy: "Correct the definition, or what the test expects.",
      .fields(
        bad: success.exchanging("result: {state: active}", by: "result: {state: inactive}")
          + refusal
          + failure,
        good: success + refusal + failure)),
    RuleEntry(
      .noSuccessCase, "No test of a success",
      why: "Nothing shows what the output looks like, nor that it passes its own schema.",
      remedy: "Add one with \"given: {exitCode: 0, stdout: …}\" and \"expect: {outcome: succeeded,"
        + " result: …}\".",
      .fields(
        bad: "tests:" + refusal + failure, good: success + refusal + failure)),
    RuleEntry(
      .noInvalidArgumentCase, "No test of an argument that is refused",
      why: "Nothing shows that the schema keeps out what it should.",
      remedy:
        "Add one with arguments that may not pass, and \"expect: {invalidArguments: /name}\".",
      .fields(bad: success + failure, good: success + refusal + failure)),
    RuleEntry(
      .untestedExitCode, "An exit code without a test",
      why: "Nothing shows what a technician is told then.",
      remedy: "Add one with \"given: {exitCode: 3}\" and what is expected of it.",
      .fields(bad: success + refusal, good: success + refusal + failure)),
    RuleEntry(
      .untestedRedaction, "A secret without a test of its redaction",
      why: "Programs print what they were given, above all when they fail.",
      remedy: "Add one that gives the secret, prints it in \"given\", and expects [redacted] in its"
        + " place.",
      .fields(
        bad: secret("curl -fsS --config - https://example.com/state")
          .exchanging("state=hunter2\\n", by: "state=active\\n")
          .exchanging("[redacted]", by: "active"),
        good: secret("curl -fsS --config - https://example.com/state"))),
  ]
}
