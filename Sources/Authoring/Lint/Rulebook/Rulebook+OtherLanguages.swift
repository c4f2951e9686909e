internal import Catalog

extension Rulebook {
  private static func powerShell(_ script: String) -> String {
    run(script, when: "{os: windows}", with: "powershell")
  }

  private static func appleScript(_ script: String) -> String {
    run(script, when: "{os: macos}", with: "osascript")
  }

  static let otherLanguages: [RuleEntry] = [
    RuleEntry(
      .powerShellEval, "Invoke-Expression, or what amounts to it",
      why: "It runs text as program, as [scriptblock]::Create and \"powershell -Command\" with a"
        + " text that is put together do.",
      remedy:
        "Call the command itself, with & and its arguments as an array: & $program @arguments.",
      .fields(
        bad: powerShell(
          "$ErrorActionPreference = 'Stop'\nInvoke-Expression \"Get-Service $env:UNIT\""),
        good: powerShell(
          "$ErrorActionPreference = 'Stop'\nGet-Service -Name $env:UNIT"))),
    RuleEntry(
      .appleScriptEval, "do shell script, run script or eval with a value in it",
      why: "The value becomes part of a program.",
      remedy: "Write \"quoted form of\" before each value; in JavaScript, call what you mean.",
      .fields(
        bad: appleScript(
          "set unit to system attribute \"UNIT\"\ndo shell script \"launchctl print \" & unit"),
        good: appleScript(
          "set unit to system attribute \"UNIT\"\n"
            + "do shell script \"launchctl print \" & quoted form of unit"))),
    RuleEntry(
      .powerShellGoesOn, "PowerShell that goes on after errors",
      why: "Most errors only print a message; the script goes on, and ends with 0 as if all were"
        + " well.",
      remedy: "Begin with $ErrorActionPreference = 'Stop', or end with codes of your own.",
      .fields(
        bad: powerShell("Get-Service -Name $env:UNIT"),
        good: powerShell(
          "$ErrorActionPreference = 'Stop'\nGet-Service -Name $env:UNIT"))),
    RuleEntry(
      .powerShellModuleGoesOn, "Functions of PowerShell modules that go on after errors",
      why: "Functions of modules, such as Get-NetTCPConnection, Get-MpThreat, Get-ScheduledTask and"
        + " Get-Printer, do not see the script's $ErrorActionPreference: a catch does not see their"
        + " errors, and the script goes on with nothing in its hands.",
      remedy: "Add -ErrorAction Stop to each of them, or say another preference there.",
      .fields(
        bad: powerShell(
          "$ErrorActionPreference = 'Stop'\nGet-PrintJob -PrinterName $env:UNIT"),
        good: powerShell(
          "$ErrorActionPreference = 'Stop'\nGet-PrintJob -PrinterName $env:UNIT -ErrorAction Stop"))
    ),
  ]
}
