internal import Catalog

extension Rulebook {
  /// A variant of the sample with another script.
  static func run(
    _ script: String, when: String = "{os: linux, commands: [systemctl]}",
    with executor: String = "shell",
    input: String = "{env: {UNIT: /unit}}", needs: String? = nil
  ) -> String {
    let need = needs.map { "\n    needs: [\($0)]" } ?? ""
    let lines = script.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
    return """
      run:
        - when: \(when)
          with: \(executor)\(need)
          input: \(input)
          script: |
      \(lines)
      exitCodes: {0: succeeded}
      """
  }

  /// A variant of the sample that calls a function.
  private static func nativeRun(
    _ parameter: String, _ function: String = "sysconf", _ before: String = ""
  ) -> String {
    """
    run:
      - when: {os: linux}
        with: native
        native:
          library: {linux: libc.so.6}
          calls:
            - name: asked
              function: \(function)
              parameters: [\(before)\(parameter)]
              returns: int64
          output: {state: /asked/returned, unit: /arguments/unit}
    exitCodes: {0: succeeded}
    """
  }

  static let scripts: [RuleEntry] = [
    RuleEntry(
      .script, "A script that is blank, too long, or cannot be a file",
      why:
        "NUL ends a text for the operating system, and a carriage return becomes part of a word.",
      remedy: "Write 1 byte to 256 KiB; write such characters as escapes of the script's language.",
      .fields(
        bad: "run:\n  - with: shell\n    input: {env: {UNIT: /unit}}\n"
          + "    script: \"printf '%s\\\\n' \\\"state=$UNIT\\\"\\r\\n\"\n"
          + "exitCodes: {0: succeeded}",
        good: "run:\n  - with: shell\n    input: {env: {UNIT: /unit}}\n"
          + "    script: \"printf '%s\\\\n' \\\"state=$UNIT\\\"\\n\"\n"
          + "exitCodes: {0: succeeded}")),
    RuleEntry(
      .template, "{{name}} in a script",
      why: "Nothing fills templates here: an argument never becomes part of a script's text. The"
        + " mark would reach the endpoint as it is.",
      remedy: "Bind the argument with \"input: {env: {UNIT: /unit}}\", and write \"$UNIT\".",
      .fields(
        bad: run("printf 'state=%s %s\\n' \"$UNIT\" '{{unit}}'"),
        good: run("printf 'state=%s\\n' \"$UNIT\""))),
    RuleEntry(
      .unreachable, "A variant that never runs",
      why: "The first variant whose \"when\" holds is run, and an earlier one always holds where"
        + " this one does.",
      remedy: "Put the more particular one first, or ask for more in its \"when\".",
      .fields(
        bad: """
          run:
            - with: shell
              input: {env: {UNIT: /unit}}
              script: printf 'state=%s\\n' "$UNIT"
            - when: {os: linux}
              with: shell
              input: {env: {UNIT: /unit}}
              script: printf 'state=%s, on Linux\\n' "$UNIT"
          exitCodes: {0: succeeded}
          """,
        good: """
          run:
            - when: {os: linux}
              with: shell
              input: {env: {UNIT: /unit}}
              script: printf 'state=%s, on Linux\\n' "$UNIT"
            - with: shell
              input: {env: {UNIT: /unit}}
              script: printf 'state=%s\\n' "$UNIT"
          exitCodes: {0: succeeded}
          """)),
  ]

  static let shell: [RuleEntry] = [
    RuleEntry(
      .shellSyntax, "A script that the shell cannot read",
      why: "It would fail on the endpoint, perhaps after its first half has run.",
      remedy: "Close what is open; \"sh -n\" on the script says where the shell gives up.",
      .fields(
        bad: run("printf 'state=%s\\n' \"$UNIT"),
        good: run("printf 'state=%s\\n' \"$UNIT\""))),
    RuleEntry(
      .native, "A native section that cannot be called",
      why: "libffi calls what it is told, with the types it is told; nothing checks them there.",
      remedy: "See the native section in TOOLS.md; the message names the field and what fits.",
      .fields(
        bad: nativeRun("{type: int32, value: many}"), good: nativeRun("{type: int32, value: 30}"))),
    RuleEntry(
      .nativeMemory, "A function that may write more than there is room for",
      why: "A buffer without its size, or smaller than what the function writes, is memory written"
        + " over. It is refused here, because on the endpoint it would be a crash at best.",
      remedy:
        "Pass sizeOf or countOf of the buffer, describe the whole struct, or say with \"size\""
        + " what sizeof says in C.",
      .fields(
        bad: nativeRun(
          "{type: uint64, value: 4096}", "gethostname", "{name: host, out: {text: 64}}, "),
        good: nativeRun(
          "{type: uint64, sizeOf: host}", "gethostname", "{name: host, out: {text: 64}}, "))),
    RuleEntry(
      .foreignTemplate, "A mark of a template language around the name of an argument",
      why: "Nothing fills it; the script would do something with the mark itself.",
      remedy: "Bind the argument with \"input: {env: {UNIT: /unit}}\", and write \"$UNIT\".",
      .fields(
        bad: run("printf 'state=%s %s\\n' \"$UNIT\" '<%= unit %>'"),
        good: run("printf 'state=%s\\n' \"$UNIT\""))),
    RuleEntry(
      .shellEval, "eval in a shell script",
      why: "It runs text as program. A value with a ; in it is two commands.",
      remedy:
        "Call the command itself with \"$VARIABLE\" for each argument; \"set --\" builds lists.",
      .fields(
        bad: run("eval \"printf 'state=%s\\n' $UNIT\""),
        good: run("set -- 'state=%s\\n' \"$UNIT\"\nprintf \"$@\""))),
    RuleEntry(
      .interpretedText, "A value that becomes part of a program: sh -c \"$x\"",
      why: "sh, awk, python, ssh and others read the text as program, whatever stands in the value."
        + " It is eval by another name.",
      remedy: "Quote the program with ', and hand the value over as an argument or by the"
        + " environment.",
      .fields(
        bad: run(
          "timeout 5 sh -c \"printf 'state=%s\\n' $UNIT\"",
          when: "{os: linux, commands: [timeout]}"),
        good: run(
          "timeout 5 sh -c 'printf \"state=%s\\n\" \"$1\"' sh \"$UNIT\"",
          when: "{os: linux, commands: [timeout]}"))),
    RuleEntry(
      .unquotedArgument, "An argument that is not quoted: $UNIT",
      why: "The shell splits its value at blanks, and makes lists of files of * and ?. One argument"
        + " becomes several, or an option.",
      remedy: "Write \"$UNIT\". Assignments and the word of case need no quotes.",
      .fields(
        bad: run("printf 'state=%s\\n' $UNIT"),
        good: run("state=$UNIT\nprintf 'state=%s\\n' \"$state\""))),
    RuleEntry(
      .argumentAsOption, "An argument that may begin with - where a program looks for options",
      why: "rm \"$FILE\" with a FILE of -rf does something else than its author thinks. Quotes do"
        + " not help.",
      remedy: "End the options before it (rm -- \"$FILE\"), or let its pattern refuse it.",
      .fields(
        bad: argumentOption("systemctl is-active \"$UNIT\""),
        good: argumentOption("systemctl is-active -- \"$UNIT\""))),
    RuleEntry(
      .pipedDownload, "A download that an interpreter runs: curl … | sh",
      why: "It runs whatever the server sends today, and half of it if the connection breaks.",
      remedy:
        "Ship what is to run in the script; or download a file, check its digest, and run it.",
      .fields(
        bad: run(
          "curl -fsS \"https://example.com/$UNIT\" | sh", when: "{os: linux, commands: [curl]}"),
        good: run(
          "curl -fsS \"https://example.com/$UNIT\" | head -n 1",
          when: "{os: linux, commands: [curl]}"))),
    RuleEntry(
      .prompt, "A program that waits for somebody to answer",
      why: "Nobody is at the terminal, because there is none. The call ends by its run limit.",
      remedy: "Give it all it asks for, and the option that keeps it from asking.",
      .fields(
        bad: run("sudo printf 'state=%s\\n' \"$UNIT\"", needs: "privileges"),
        good: run("sudo -n printf 'state=%s\\n' \"$UNIT\"", needs: "privileges"))),
    RuleEntry(
      .bashInShell, "bash in a script that /bin/sh runs",
      why: "/bin/sh is dash on Debian and Ubuntu, and neither knows [[, arrays nor <<<.",
      remedy:
        "Write it as POSIX has it, or ask for bash: \"interpreter: /bin/bash\" and \"commands:"
        + " [bash]\".",
      .fields(
        bad: run("[[ $UNIT == *.timer ]] || printf 'state=%s\\n' \"$UNIT\""),
        good: run("case $UNIT in *.timer) ;; *) printf 'state=%s\\n' \"$UNIT\" ;; esac"))),
    RuleEntry(
      .undeclaredCommand, "A program that \"when\" does not ask for",
      why: "Where it is missing the call would start, and fail with \"command not found\"; with"
        + " \"commands\" it is rejected before anything runs, and another variant may do.",
      remedy: "Add it to \"commands\" of \"when\", or look for it with \"command -v\".",
      .fields(
        bad: run("printf 'state=%s\\n' \"$UNIT\" | jq -R .", when: "{os: linux}"),
        good: run(
          "printf 'state=%s\\n' \"$UNIT\" | jq -R .", when: "{os: linux, commands: [jq]}"))),
    RuleEntry(
      .fixedTemporaryFile, "A temporary file with a name that anyone can foresee",
      why: "Any user of the endpoint can make a link of that name beforehand, and have the script"
        + " write where they want.",
      remedy: "Write file=$(mktemp) || exit, and trap 'rm -f \"$file\"' EXIT.",
      .fields(
        bad: run("printf '%s\\n' \"$UNIT\" > /tmp/unit\nprintf 'state=%s\\n' \"$UNIT\""),
        good: run(
          "file=$(mktemp) || exit 3\nprintf '%s\\n' \"$UNIT\" > \"$file\"\nrm -f -- \"$file\"\n"
            + "printf 'state=%s\\n' \"$UNIT\""
        ).exchanging(
          "{0: succeeded}", by: "{0: succeeded, 3: {failed: no temporary file}}"))),
    RuleEntry(
      .argumentAsFormat, "An argument in the format of printf",
      why: "A % or \\ in it is an instruction to printf.",
      remedy: "Write printf '%s' \"$VALUE\".",
      .fields(
        bad: run("printf \"state=$UNIT\\n\""), good: run("printf 'state=%s\\n' \"$UNIT\""))),
  ]

  /// A unit that may be any word.
  private static func argumentOption(_ command: String) -> String {
    """
    arguments:
      type: object
      additionalProperties: false
      required: [unit]
      properties:
        unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.-]{1,120}$'}
    \(run("state=$(\(command))\nprintf 'state=%s\\n' \"$state\""))
    """
  }
}
