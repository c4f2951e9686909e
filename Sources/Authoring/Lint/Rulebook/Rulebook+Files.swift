internal import Catalog

extension Rulebook {
  static let files: [RuleEntry] = [
    RuleEntry(
      .fileUnreadable, "A file or directory that cannot be read",
      why: "What cannot be read cannot be checked, and nobody may take silence for a good sign.",
      remedy: "Check the path and its permissions. A definition is a regular file.",
      .directory("signalbox tools check /no/such/file.yaml")),
    RuleEntry(
      .fileTooLarge, "A file of more than 1 MiB",
      why: "A definition is read whole, by the control plane and by everyone who reviews it.",
      remedy: "Move data out of the definition, or split it into several tools.",
      .whole(bad: "# ‹1048576 × a›\n", good: "# ‹100 × a›\n‹sample›")),
    RuleEntry(
      .fileEncoding, "Text that is not UTF-8",
      why: "Bytes in another encoding read as other characters on other machines.",
      remedy: "Save the file as UTF-8.",
      .fields(bad: "title: State of a servic‹0xE9›", good: "title: State of a servicé")),
    RuleEntry(
      .fileByteOrderMark, "A byte order mark at the beginning",
      why: "UTF-8 needs none, and programs that do not expect it see three odd bytes.",
      remedy: "Save the file as UTF-8 without BOM.",
      .whole(bad: "‹BOM›‹sample›", good: "‹sample›")),
    RuleEntry(
      .fileLineEndings, "Lines that end with a carriage return (CRLF)",
      why: "A script would carry it to the endpoint, where a shell takes it for a part of the last"
        + " word on the line. The first one is told.",
      remedy: "Save the file with LF line endings; in Git, \"*.yaml text eol=lf\".",
      .fields(bad: "approval: none‹CR›", good: "approval: none")),
    RuleEntry(
      .fileCharacter, "A character that is not to be seen",
      why: "NUL, control characters, line breaks that only YAML knows, and characters that turn the"
        + " direction of text make a file read otherwise than it runs.",
      remedy: "Remove it, or write it as an escape in a \"quoted\" string.",
      .fields(
        bad: "title: State of ‹U+202E›a service", good: "title: \"State of \\u202Ea service\"")),
    RuleEntry(
      .fileLink, "A symbolic link that leads out of the directory",
      why: "What is checked would not be what is reviewed.",
      remedy: "Put the file itself into the directory.",
      .directory("ln -s /etc/passwd tools/passwd.yaml; signalbox tools check tools")),
    RuleEntry(
      .duplicateTool, "A name and version that another file has already",
      why: "A call names a tool and a version, and would not say which of the two is meant.",
      remedy: "Give one of the two another version or name.",
      .directory("cp tools/service.state.yaml tools/copy.yaml; signalbox tools check tools")),
    RuleEntry(
      .tooMany, "More than 10,000 definitions, or 16 levels of directories",
      why: "That is a wrong directory.",
      remedy: "Check fewer at once, or move the definitions up.",
      .directory("signalbox tools check / ")),
  ]

  static let yaml: [RuleEntry] = [
    RuleEntry(
      .yamlSyntax, "Text that is no YAML",
      why: "The rest of the file cannot be read, so nothing else is said about it.",
      remedy: "Check the indentation, the quotes and the brackets up to the place that is told.",
      .fields(bad: "effects: {readOnly: true", good: "approval: none")),
    RuleEntry(
      .yamlEmptyFile, "A file without a document",
      why: "An empty file is no tool.",
      remedy: "Write a definition, or remove the file.",
      .whole(bad: "# nothing yet\n", good: "‹sample›")),
    RuleEntry(
      .yamlDocuments, "A second document in the file",
      why: "One tool is one file, so that a review of the file is a review of the tool.",
      remedy: "Put each tool into a file of its own.",
      .fields(bad: "---\nmore: 1", good: "approval: none")),
    RuleEntry(
      .yamlDirective, "A line that begins with %",
      why: "A directive changes how the rest is read. A definition is read by one set of rules.",
      remedy: "Remove it.",
      .fields(bad: "%YAML 1.1\n---\nsignalbox: 1", good: "signalbox: 1")),
    RuleEntry(
      .yamlAlias, "An alias: *name",
      why: "It stands for text from elsewhere in the file, where a reviewer does not see it.",
      remedy: "Write the value out.",
      .fields(bad: "approval: *usual", good: "approval: none")),
    RuleEntry(
      .yamlAnchor, "An anchor: &name",
      why: "It names a value to be repeated elsewhere, which nothing may be.",
      remedy: "Remove it, and write the value out where it is needed.",
      .fields(bad: "approval: &usual none", good: "approval: none")),
    RuleEntry(
      .yamlTag, "A tag: !name",
      why: "It gives a value another type than it seems to have.",
      remedy: "Remove it; quote the value if it is a string.",
      .fields(bad: "approval: !!str none", good: "approval: \"none\"")),
    RuleEntry(
      .yamlMergeKey, "A merge key: <<",
      why: "It takes members from elsewhere, where a reviewer does not see them.",
      remedy: "Write the members out.",
      .fields(
        bad: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB, <<: {killGrace: 2s}}",
        good: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB, killGrace: 2s}")),
    RuleEntry(
      .yamlDuplicateKey, "A key that is there already",
      why: "Readers of YAML disagree on which of the two counts.",
      remedy: "Remove one of the two.",
      .fields(bad: "title: One title\ntitle: Another", good: "title: One title")),
    RuleEntry(
      .yamlKey, "A key that is no string",
      why: "JSON, which definitions are stored as, has no other keys.",
      remedy: "Quote it. Only exitCodes has whole numbers as keys.",
      .fields(
        bad: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB, 1: 2s}",
        good: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB}")),
    RuleEntry(
      .yamlAmbiguous, "Text that readers of YAML disagree about",
      why: "yes, no, 012, 1:30, 2026-01-01 and their like are a boolean, a number or a date to one"
        + " reader, and a string to another.",
      remedy: "Quote it, or write it as JSON does.",
      .fields(
        bad: "effects: {readOnly: yes, destructive: false, idempotent: true, openWorld: false}",
        good: "effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}")),
    RuleEntry(
      .yamlEmptyValue, "A key or a list item without a value",
      why: "YAML reads it as null, and its author often meant to write more.",
      remedy: "Write the value; null and \"\" are values.",
      .fields(bad: "approval:", good: "approval: none")),
    RuleEntry(
      .yamlNumber, "A number beyond all measure",
      why: "More than 1,000 digits, or a vast exponent, cannot be computed with.",
      remedy: "Write a smaller one, or quote it as a string.",
      .fields(
        bad: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB, killGrace: ‹1001 × 9›}",
        good: "limits: {run: 20s, stdout: 4KiB, stderr: 4KiB, killGrace: 2s}")),
    RuleEntry(
      .yamlDepth, "Values that are nested more than 64 deep",
      why: "Nobody reads that, and programs that try may not survive it.",
      remedy: "Flatten them.",
      .whole(bad: "a: ‹65 × [›‹65 × ]›\n", good: "‹sample›")),
    RuleEntry(
      .yamlNodes, "More than 100,000 values in the file",
      why: "A definition is read whole, by programs and by people.",
      remedy: "Move data out of the definition.",
      .whole(bad: "a: [‹100000 × 1,›]\n", good: "‹sample›")),
  ]
}
