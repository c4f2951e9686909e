import Lint
import Testing

@Suite struct OtherLanguageTests {
  private func powerShell(_ script: String) -> [String] {
    codes(
      Examples.definition(
        variant(
          "$ErrorActionPreference = 'Stop'\n\(script)", with: "powershell", os: "windows",
          commands: "")))
  }

  private func apple(_ script: String) -> [String] {
    codes(Examples.definition(variant(script, with: "osascript", os: "macos", commands: "")))
  }

  @Test(
    "PowerShell is told of by its tokens",
    arguments: [
      ("Get-Service $env:UNIT", []), ("Get-Service ${env:unit}", []),
      ("iex \"Get-Service $env:UNIT\"", ["SB0318"]), ("'Invoke-Expression' ; $env:UNIT", []),
      ("$x = 'a'; Invoke-Expression $env:UNIT", ["SB0318"]),
      ("& ([scriptblock]::Create($env:UNIT))", ["SB0318"]),
      ("powershell -Command \"Get-Service $env:UNIT\"", ["SB0318"]),
      ("powershell -File a.ps1 $env:UNIT", []),
      ("cmd /c \"sc query $env:UNIT\"", ["SB0318"]), ("cmd /c 'ver'; $env:UNIT", []),
      ("# iex $env:UNIT\nGet-Service $env:UNIT", []), ("<# iex #> $env:UNIT", []),
      ("Read-Host $env:UNIT", ["SB0320"]), ("[Console]::ReadLine(); $env:UNIT", ["SB0320"]),
      ("Get-Credential; $env:UNIT", ["SB0320"]),
      ("Restart-Computer; $env:UNIT", ["SB0513"]), ("Stop-Service $env:UNIT", ["SB0512"]),
      ("Set-StrictMode -Version 3; $env:UNIT", []), ("New-Object PSObject; $env:UNIT", []),
      ("$env:UNIT | Format-Table", []), ("Remove-Item $env:UNIT", ["SB0512"]),
      ("if ($env:UNIT) { Remove-Item a }", ["SB0512"]), ("\"Remove-Item\"; $env:UNIT", []),
      ("Get-NetAdapter | Where-Object Name -eq $env:UNIT", ["SB0326"]),
      ("Get-MpThreat -ThreatID $env:UNIT; Get-Printer -ea Stop", ["SB0326"]),
      ("Get-ScheduledTask -TaskName $env:UNIT -ErrorAction SilentlyContinue", []),
      ("Get-Process -Name $env:UNIT; 'Get-Volume'; New-Object Net.Sockets.TcpClient", []),
      ("exit 7; $env:UNIT", ["SB0415"]), ("exit $LASTEXITCODE; $env:UNIT", []),
      ("$password = 'hunter2x'; $env:UNIT", ["SB0515"]),
      ("$password = $env:UNIT; $password", []),
      ("ConvertTo-SecureString 'hunter2x' -AsPlainText -Force; $env:UNIT", ["SB0515"]),
      ("net user ada $env:UNIT", []), ("$secret = 1; net user ada $secret; $env:UNIT", ["SB0514"]),
      ("tool.exe -p \"a$password\" $env:UNIT", ["SB0514"]),
      ("$env:API_TOKEN = 1; $env:UNIT", ["SB0514"]),
      ("if ($env:API_TOKEN -eq 1) { $env:UNIT }", []),
      ("@\"\niex $env:UNIT\n\"@", []), ("Get-Service a", ["SB0226"]),
      ("msiexec /i a.msi /qn; $env:UNIT", ["SB0417", "SB0512"]),
      ("if ($env:UNIT -in 1641, 3010) { Start-Process b.msi }", []),
    ])
  func windows(script: String, expected: [String]) {
    #expect(Array(Set(powerShell(script))).sorted() == expected, "\(script)")
  }

  @Test("without a stop at errors PowerShell is told to have one, or codes of its own")
  func goesOn() {
    let script = variant("Get-Service $env:UNIT", with: "powershell", os: "windows", commands: "")
    #expect(codes(Examples.definition(script)) == ["SB0324"])
    let own = variant(
      "Get-Service $env:UNIT\nexit 0", with: "powershell", os: "windows", commands: "")
    #expect(codes(Examples.definition(own)) == [])
  }

  @Test("in PowerShell too, sudo is told once where it has no effect and nobody needs it")
  func undeclaredPrivileges() {
    func told(_ script: String, _ os: String = "linux", needs: String? = nil) -> [String] {
      let fields = variant(
        "$ErrorActionPreference = 'Stop'\n" + script, with: "powershell", os: os, commands: "",
        needs: needs)
      return codes(Examples.definition(fields)).filter { $0 == "SB0517" }
    }
    #expect(told("sudo -n id $env:UNIT; sudo -n id") == ["SB0517"])
    #expect(told("if ($true) { & '/usr/bin/sudo' -n id $env:UNIT }") == ["SB0517"])
    #expect(told("Get-Item sudo; 'sudo'; $sudo; # sudo\n$env:UNIT") == [])
    #expect(told("sudo -n id $env:UNIT", "windows") == [])
    #expect(told("sudo -n id $env:UNIT", needs: "privileges") == [])
  }

  @Test(
    "AppleScript and JavaScript are told of by their tokens",
    arguments: [
      ("set u to system attribute \"UNIT\"", []),
      ("set u to system attribute \"UNIT\"\ndo shell script \"ls \" & u", ["SB0319"]),
      ("set u to system attribute \"UNIT\"\ndo shell script \"ls \" & quoted form of u", []),
      ("set u to system attribute \"UNIT\"\ndo shell script u", ["SB0319"]),
      ("do shell script \"printenv UNIT\"", []), ("-- do shell script UNIT\nreturn \"UNIT\"", []),
      ("(* display dialog (* a *) *) return \"UNIT\"", []),
      ("run script (system attribute \"UNIT\")", ["SB0319"]),
      ("display dialog \"UNIT\"", ["SB0320"]), ("choose file with prompt \"UNIT\"", ["SB0320"]),
      ("do shell script \"ls UNIT\" with administrator privileges", ["SB0320"]),
      (
        "do shell script \"ls UNIT\" user name \"a\" password \"hunter2x\" with administrator"
          + " privileges", ["SB0515"]
      ),
      ("tell application \"System Events\" to restart\nreturn \"UNIT\"", ["SB0513"]),
      ("return \"restart UNIT\"", []),
      ("const u = $.getenv('UNIT'); eval(u)", ["SB0319"]),
      (
        "const app = Application.currentApplication();\napp.doShellScript('ls ' + UNIT)", ["SB0319"]
      ),
      (
        "const app = Application.currentApplication();\napp.doShellScript(`ls ${UNIT}`)", ["SB0319"]
      ),
      ("const app = Application.currentApplication();\napp.doShellScript('ls UNIT')", []),
      ("// eval(UNIT)\nconst x = /eval(UNIT)'/.test('UNIT')", []),
      ("const app = Application('Finder');\napp.displayDialog('UNIT')", ["SB0320"]),
    ])
  func apple(script: String, expected: [String]) {
    #expect(apple(script) == expected, "\(script)")
  }

  @Test("of other languages only what needs none is told")
  func others() {
    let python = variant("import os\nprint(eval(os.environ['UNIT']))", commands: "[python3]")
      .replacing("with: shell", by: "with: shell\n    interpreter: /usr/bin/python3")
    #expect(codes(Examples.definition(python)) == [])
    #expect(codes(Examples.definition(python.replacing("'UNIT'", by: "'unit'"))) == ["SB0226"])
  }
}
