internal import Catalog

extension Rulebook {
  static let fields: [RuleEntry] = [
    RuleEntry(
      .unknownField, "A field that definitions do not have",
      why: "What nobody reads has no effect, whatever its author believes.",
      remedy: "Correct its name (the nearest one is told), or remove it.",
      .fields(bad: "tags: [systemd]", good: "approval: none")),
    RuleEntry(
      .missingField, "A field that has to be there",
      why: "Nothing is guessed that matters: effects, approval, arguments and the result are said.",
      remedy: "Add the field; the message has an example.",
      .fields(
        bad: "effects: {readOnly: true, destructive: false, idempotent: true}",
        good: "effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}")),
    RuleEntry(
      .type, "A value of the wrong type",
      why:
        "A number is no string, and a list is no mapping; nothing is converted behind your back.",
      remedy: "Write a value of the type that is told; quote a number that is meant as text.",
      .fields(bad: "title: 12", good: "title: \"12 states of a service\"")),
    RuleEntry(
      .value, "A word that is none of those that the field takes",
      why: "A word with no meaning has no effect.",
      remedy: "Write one of the words that are told.",
      .fields(bad: "approval: nobody", good: "approval: none")),
    RuleEntry(
      .length, "A text that is empty, blank or too long",
      why: "Titles and descriptions are shown in lists, and given to AI clients.",
      remedy: "Keep within the length that is told.",
      .fields(bad: "title: \"  \"", good: "title: State of a service")),
    RuleEntry(
      .format, "A control character or a line break in a text for people",
      why: "A terminal obeys control characters.",
      remedy: "Remove it, and keep to one line where one is meant.",
      .fields(bad: "title: \"State\\nof a service\"", good: "title: State of a service")),
    RuleEntry(
      .name, "A name that breaks its rule",
      why: "Names of tools are shared with MCP, paths and command lines; names of arguments are"
        + " written as name=value.",
      remedy: "Begin with a letter, and write up to 64 letters, digits, \"_\" and \"-\", and in the"
        + " name of a tool also \".\".",
      .fields(bad: "name: service state", good: "name: service.state")),
    RuleEntry(
      .version, "A version that is not semantic, or an unknown format",
      why: "Versions are compared, so they have to have an order.",
      remedy: "Write three numbers, such as 1.0.0; \"signalbox: 1\" is the format.",
      .fields(bad: "version: v1", good: "version: 1.0.0")),
    RuleEntry(
      .unit, "A duration or a size without its unit",
      why: "150 could be seconds or milliseconds.",
      remedy: "Write a whole number and a unit: ms, s, m, h, d; B, KiB, MiB, GiB.",
      .fields(
        bad: "limits: {run: 20, stdout: 4KiB, stderr: 4KiB}",
        good: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB}")),
    RuleEntry(
      .limit, "A number, duration or size out of its bounds",
      why: "Everything that can grow has a limit, and the limits have one too.",
      remedy: "Write one between the two that are told.",
      .fields(
        bad: "limits: {run: 25h, stdout: 4KiB, stderr: 4KiB}",
        good: "limits: {run: 24h, stdout: 4KiB, stderr: 4KiB}")),
  ]

  static let head: [RuleEntry] = [
    RuleEntry(
      .toolName, "A name that does not read as an area and a thing",
      why: "People and AI clients find tools in a list of hundreds by their names.",
      remedy: "Write small letters with a dot between area and thing: service.restart.",
      .fields(bad: "name: ServiceState", good: "name: service.state")),
    RuleEntry(
      .fileName, "A file that is called otherwise than its tool",
      why: "Whoever looks for the definition of a tool looks for a file of its name.",
      remedy: "Rename the file, or the tool.",
      .directory("mv service.state.yaml state.yaml; signalbox tools check state.yaml")),
    RuleEntry(
      .preliminaryVersion, "A version that says that the tool is not finished",
      why: "Versions below 1.0.0, and those with a suffix, promise nothing (SemVer, section 4).",
      remedy: "Write 1.0.0 once it is finished.",
      .fields(bad: "version: 0.1.0", good: "version: 1.0.0")),
    RuleEntry(
      .thinDescription, "A description that says next to nothing",
      why: "An AI client chooses a tool by its description alone.",
      remedy: "Say what it does, what it returns, and when not to use it.",
      .fields(
        bad: "description: State of a service.",
        good: "description: Whether one systemd unit is active.")),
    RuleEntry(
      .awaitsReview, "A mark that something awaits a review: TODO(review)",
      why: "Imported definitions have it wherever the import had to guess.",
      remedy: "Look at the place, correct it if need be, and remove the mark.",
      .fields(
        bad: "# TODO(review): does this really change nothing?\napproval: none",
        good: "approval: none")),
    RuleEntry(
      .allowWithoutReason, "A comment that allows a finding and does not say why",
      why: "Whoever reads the definition next has to know whether the reason still holds. Without"
        + " one the comment allows nothing.",
      remedy: "Add a colon and the reason.",
      .fields(
        bad: "# signalbox-allow SB0155\napproval: none",
        good: "version: 0.9.0  # signalbox-allow SB0153: in trial at two customers until May")),
    RuleEntry(
      .allowOfUnknownCode, "A comment that allows a code that there is not",
      why: "It allows nothing, and its author believes that it does.",
      remedy: "Write the code as \"signalbox tools check\" prints it.",
      .fields(
        bad: "approval: none  # signalbox-allow SB9999: no reason will do",
        good: "approval: none")),
    RuleEntry(
      .allowOfAnError, "A comment that allows what the loader refuses",
      why: "The control plane does not load the definition, whatever a comment says.",
      remedy: "Mend what the error says, and remove the comment.",
      .fields(
        bad: "approval: none  # signalbox-allow SB0131: we like our own fields",
        good: "approval: none")),
    RuleEntry(
      .allowOfNothing, "A comment that allows what is not there",
      why:
        "The finding was mended, or stands on another line; the comment would hide the next one.",
      remedy: "Remove it, or put it on the line that it is meant for, or the one above.",
      .fields(
        bad: "approval: none  # signalbox-allow SB0511: it is safe enough",
        good: "approval: none")),
  ]
}
