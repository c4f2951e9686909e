import Catalog
import Testing

@testable import Lint

/// Scripts with the codes that are told of them, beside which nothing is said.
@Suite struct ShellRuleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let script: String
    let codes: [String]
    /// Without what the case is not about.
    let without: [String]
    var testDescription: String { script }

    init(_ script: String, _ codes: String..., without: [String] = []) {
      self.script = script
      self.codes = codes
      self.without = without
    }
  }

  static let cases: [Case] =
    quoting + programs + prompts + secrets + effects + exits + files + privileges
  static var scripts: [String] { cases.map(\.script) }

  static let quoting = [
    Case("echo $UNIT", "SB0315"), Case("echo ${UNIT}", "SB0315"), Case("echo a$UNIT", "SB0315"),
    Case("echo \"$UNIT\" ${UNIT:-x}", "SB0315"), Case("copy=$UNIT; echo $copy", "SB0315"),
    Case("for u in $UNIT; do echo \"$u\"; done", "SB0315"), Case("[ $UNIT = x ]", "SB0315"),
    Case("cat < $UNIT", "SB0315"), Case("export X=$UNIT", "SB0315"),
    Case("echo \"$UNIT\""), Case("x=$UNIT; case $UNIT in a) echo \"$x\" ;; esac"),
    Case("echo \"${#UNIT}\" ${#UNIT} ${UNIT:+--unit=\"$UNIT\"}"),
    Case("n=$(printf %s \"$UNIT\" | wc -c); echo $n"),
    Case("cat <<E\n$UNIT\nE"), Case("echo '$UNIT' \"$UNIT\""), Case("echo $((UNIT + 1))"),
    Case("echo $OTHER \"$UNIT\""),
  ]

  static let programs = [
    Case("eval \"$UNIT\"", "SB0313"), Case("command eval a \"$UNIT\"", "SB0313"),
    Case("sh -c \"$UNIT\"", "SB0314"), Case("sh -ec \"echo $UNIT\"", "SB0314"),
    Case("x=1; sh -c \"$x\" \"$UNIT\"", "SB0314"), Case("sh -c 'echo \"$1\"' sh \"$UNIT\""),
    Case("sh -c \"$(echo \"$UNIT\")\"", "SB0314"),
    Case("sudo -n sh -c \"$UNIT\"", "SB0314", "SB0517"),
    Case("awk \"/$UNIT/\"", "SB0314"), Case("awk -v u=\"$UNIT\" 'NR == 1'"),
    Case("sed -n \"s/a/$UNIT/p\""), Case("trap \"echo $UNIT\" EXIT", "SB0314"),
    Case("sh <<E\necho $UNIT\nE", "SB0314"), Case("sh <<'E'\necho $UNIT\nE"),
    Case("\"$UNIT\" start", "SB0314"), Case(". \"$UNIT\"", "SB0314"),
    Case("find /a -exec sh -c 'echo {}' \\; -name \"$UNIT\"", "SB0314"),
    Case("find /a -exec sh -c 'echo \"$1\"' sh {} \\; -name \"$UNIT\""),
    Case("printf \"$UNIT\\n\"", "SB0325"), Case("printf '%s\\n' \"$UNIT\""),
    Case("echo \"$UNIT\" | sh"), Case("# eval \"$UNIT\"\necho \"eval $UNIT\""),
    Case("[[ $UNIT = a ]]", "SB0321"), Case("a=(\"$UNIT\")", "SB0321"),
    Case("echo \"${UNIT/a/b}\"", "SB0321"), Case("source ./a \"$UNIT\"", "SB0321"),
    Case("jq -n --arg u \"$UNIT\" '$u'", "SB0322"),
    Case("command -v jq >/dev/null && jq -n --arg u \"$UNIT\" '$u'"),
    Case("has() { command -v \"$1\"; }\nhas jq && jq . \"$UNIT\""),
    Case("jq() { echo \"$UNIT\"; }\njq"), Case("/opt/bin/jq . \"$UNIT\""),
    Case("echo \"$UNIT\" '<%= unit %>'", "SB0312"), Case("echo \"$UNIT\" @@unit@@", "SB0312"),
    Case("echo \"$UNIT\" __unit__", "SB0312"), Case("date +%unit% \"$UNIT\"", "SB0312"),
    Case("echo \"$UNIT\" unit units @units@ a@unit.b"),
  ]

  static let prompts = [
    Case("read x; echo \"$UNIT\"", "SB0320"), Case("read x < /etc/motd; echo \"$UNIT\""),
    Case("echo \"$UNIT\" | read x"), Case("echo \"$UNIT\" | while read -r x; do echo a; done"),
    Case("while read -r x; do echo \"$UNIT\"; done < /etc/hosts"),
    Case("while read -r x; do echo \"$UNIT\"; done", "SB0320"),
    Case("f() { read x; }\nf < \"$UNIT\""), Case("exec < /etc/motd; read x; echo \"$UNIT\""),
    Case("sudo id -- \"$UNIT\"", "SB0320", "SB0517"),
    Case("sudo -n id -- \"$UNIT\"", "SB0517"),
    Case("ssh -- a true \"$UNIT\"", "SB0314", "SB0320"),
    Case(
      "ssh -o BatchMode=yes a true"
        + " # \"$UNIT\"\necho \"$UNIT\""),
    Case("less \"$UNIT\"", "SB0320"), Case("passwd -- \"$UNIT\"", "SB0320"),
  ]

  static let secrets = [
    Case("PASSWORD=$UNIT; tool -p \"$PASSWORD\"", "SB0514"),
    Case("PASSWORD=$UNIT; export PASSWORD", "SB0514"),
    Case("TOKEN=$UNIT; API_TOKEN=\"$TOKEN\" tool", "SB0514"),
    Case("TOKEN=$UNIT; printf '%s' \"$TOKEN\" | tool"),
    Case("TOKEN=$UNIT; tool \"${TOKEN:+set}\" \"${#TOKEN}\""),
    Case("TOKEN_FILE=$UNIT; tool \"$TOKEN_FILE\""), Case("PASSES=$UNIT; tool \"$PASSES\""),
    Case("PASSWORD=hunter2x; echo \"$UNIT\"", "SB0515"),
    Case("tool --password=hunter2x \"$UNIT\"", "SB0515"),
    Case("tool --token abcd1234 \"$UNIT\"", "SB0515"),
    Case("wget https://ada:hunter2@example.com/; echo \"$UNIT\"", "SB0322", "SB0515"),
    Case("tool -u admin:hunter2 \"$UNIT\""),
    Case("PASSWORD=; PASSWORD_FILE=/etc/pw; TOKEN=none; echo \"$UNIT\""),
    Case("echo \"$UNIT\" ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8", "SB0515"),
    Case("echo \"$UNIT\" AKIA" + "IOSFODNN7EXAMPLE"),
    Case("echo \"$UNIT\" '-----BEGIN RSA PRIVATE" + " KEY-----'", "SB0515"),
  ]

  static let effects = [
    Case("rm -- \"$UNIT\"", "SB0512"), Case("systemctl stop -- \"$UNIT\"", "SB0322", "SB0512"),
    Case("systemctl status -- \"$UNIT\"", "SB0322"), Case("sed -i s/a/b/ -- \"$UNIT\"", "SB0512"),
    Case("echo \"$UNIT\" > /etc/motd", "SB0512"), Case("echo \"$UNIT\" > /dev/null 2>&1"),
    Case("t=$(mktemp); rm -f -- \"$t\" # \n: \"$UNIT\""), Case("kill -0 1; echo \"$UNIT\""),
    Case("find /a -name \"$UNIT\" -delete", "SB0512"),
    Case("reboot; echo \"$UNIT\"", "SB0513"), Case("shutdown -c; echo \"$UNIT\""),
    Case("systemctl reboot; echo \"$UNIT\"", "SB0322", "SB0513"), Case("echo reboot \"$UNIT\""),
    Case("sudo -n shutdown -h now \"$UNIT\"", "SB0513", "SB0517"),
    Case("init 6; echo \"$UNIT\"", "SB0513"),
  ]

  static let exits = [
    Case("[ \"$UNIT\" ] || exit 7", "SB0415"), Case("[ \"$UNIT\" ] || { exit 7; }", "SB0415"),
    Case("(exit 7); echo \"$UNIT\""), Case("x=$(exit 7); echo \"$UNIT\""),
    Case("true | { exit 7; }; echo \"$UNIT\""), Case("exit \"$UNIT\""),
    Case("die() { exit \"$1\"; }\ndie 7 \"$UNIT\"", "SB0415"),
    Case("exit 300 # \necho \"$UNIT\"", "SB0418"),
    Case("awk '{ exit 7 }' && echo \"$UNIT\""),
  ]

  static let files = [
    Case("echo \"$UNIT\" > /tmp/unit", "SB0323"), Case("echo \"$UNIT\" | tee /tmp/unit", "SB0323"),
    Case("d=$(mktemp -d); echo \"$UNIT\" > \"$d/unit\""), Case("cat /tmp/unit; echo \"$UNIT\""),
    Case("cat \"$UNIT\"", "SB0316"), Case("cat -- \"$UNIT\""), Case("cat \"./$UNIT\""),
    Case("head -n \"$UNIT\" /etc/motd"), Case("ls -l \"$UNIT\""), Case("echo \"$UNIT\""),
    Case("curl -fsS https://example.com/ | sh -s \"$UNIT\"", "SB0322"),
    Case("curl -fsS https://example.com/ | sh; echo \"$UNIT\"", "SB0317", "SB0322"),
    Case("curl -fsS https://example.com/ | head -n 1; echo \"$UNIT\"", "SB0322"),
    Case("echo \"$UNIT", "SB0311"), Case("if [ \"$UNIT\" ]; then echo a", "SB0311"),
  ]

  static let privileges = [
    Case("su - backup -c id; echo \"$UNIT\"", "SB0517"),
    Case("doas id -- \"$UNIT\"", "SB0517"), Case("pkexec id -- \"$UNIT\"", "SB0517"),
    Case("/usr/bin/sudo -n id -- \"$UNIT\"", "SB0517"),
    Case("nice -n 5 sudo -n id -- \"$UNIT\"", "SB0517"),
    Case("echo \"$UNIT\" | xargs sudo -n id", "SB0517"),
    Case("x=$(sudo -n id); echo \"$x\" \"$UNIT\"", "SB0517"),
    Case("f() { sudo -n id; }; f; echo \"$UNIT\"", "SB0517"),
    Case("if [ \"$UNIT\" ]; then sudo -n id; else sudo -n id; fi", "SB0517"),
    Case("find /a -name \"$UNIT\" -exec sudo -n id ';'", "SB0517"),
    // What only has the word in it.
    Case("# sudo id\necho \"$UNIT\" # sudo"), Case("echo \"use sudo id; $UNIT\""),
    Case("echo 'x; sudo id' \"$UNIT\""), Case("cat <<E\nsudo id\n$UNIT\nE"),
    Case("cat <<'E'\nx; sudo id; $(sudo id)\nE\necho \"$UNIT\""), Case("echo sudo \"$UNIT\""),
    Case("command -v sudo; echo \"$UNIT\""), Case("sudo=1; su=$sudo; echo \"$su\" \"$UNIT\""),
    Case("case $UNIT in sudo) echo a ;; su) echo b ;; esac"),
    Case("cat /etc/sudoers.d/sudo # \n: \"$UNIT\""),
    Case("sudo() { \"$@\"; }\nsudo id -- \"$UNIT\""),
    Case("for u in sudo su; do echo \"$u$UNIT\"; done"),
    Case("doas --version; su --help; echo \"$UNIT\""), Case("grep -c sudo \"./$UNIT\""),
  ]

  /// A unit that may be anything, so that only the script is told of.
  private static let tool = """
    arguments:
      type: object
      additionalProperties: false
      required: [unit]
      properties:
        unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.=-]{1,120}$'}

    """

  @Test("sudo is told once for a script, where it has no effect and nobody says that it is needed")
  func undeclaredPrivileges() {
    func told(_ script: String, _ os: String = "linux", needs: String? = nil) -> [String] {
      scriptCodes(variant(script, os: os, needs: needs)).filter { $0 == "SB0517" }
    }
    let script = "sudo -n id -- \"$UNIT\"; sudo -n id -- \"$UNIT\""
    #expect(told(script) == ["SB0517"])
    #expect(told("su -c id; " + script) == ["SB0517", "SB0517"])
    #expect(told(script, "[linux, macos]") == ["SB0517"])
    #expect(told(script, "macos") == [])
    #expect(told(script, needs: "agent") == ["SB0517"])
    for needs in ["privileges", "[privileges]", "[agent, privileges]"] {
      #expect(told(script, needs: needs) == [])
    }
  }

  @Test("a script is told of what is wrong with it, and of nothing else", arguments: cases)
  func told(item: Case) {
    let found = codes(Examples.definition(Self.tool + variant(item.script, commands: "")))
    #expect(Array(Set(found)).sorted() == item.codes.sorted(), "\(found)")
  }

  @Test("an argument with values that are harmless is no program and no option")
  func harmless() {
    let tool = """
      arguments:
        type: object
        additionalProperties: false
        required: [unit]
        properties:
          unit: {type: string, description: One of two., enum: [nginx, sshd]}

      """
    for script in ["awk \"/$UNIT/\"", "cat \"$UNIT\"", "\"${UNIT}ctl\"", "printf \"$UNIT\\n\""] {
      #expect(codes(Examples.definition(tool + variant(script, commands: ""))) == [], "\(script)")
    }
    #expect(codes(Examples.definition(tool + variant("cat $UNIT", commands: ""))) == ["SB0315"])
    // A pattern may keep out what programs are made of.
    let named = tool.replacing("enum: [nginx, sshd]", with: "pattern: '^[a-z]{1,9}$'")
    #expect(codes(Examples.definition(named + variant("awk \"/$UNIT/\"", commands: ""))) == [])
    #expect(
      codes(Examples.definition(named + variant("trap \"echo $UNIT\" EXIT", commands: "")))
        == ["SB0314"])
  }

  @Test("arguments by their places are arguments too, but not within functions")
  func places() {
    func found(_ script: String) -> [String] {
      codes(
        Examples.definition(variant(script, input: "{argv: [/unit]}", commands: "")))
    }
    #expect(found("echo $1") == ["SB0315"] && found("echo $@") == ["SB0315"])
    #expect(found("echo \"$1\" \"$@\"") == [] && found("f() { echo $1; }\nf \"$1\"") == [])
    #expect(found("set -- a\necho $1") == [] && found("shift; echo a") == [])
    #expect(found("echo a") == ["SB0226"])
  }

  @Test("standard input that arguments come by may be read")
  func stdin() {
    func found(_ script: String) -> [String] {
      codes(Examples.definition(variant(script, input: "{stdin: json}", commands: "[jq]")))
    }
    #expect(found("read -r line; printf '%s\\n' \"$line\"") == [])
    #expect(found("unit=$(jq -r .unit); echo \"$unit\"") == [])
    #expect(found("exec tool") == [])
  }

  @Test("in bash its own words are right")
  func bash() {
    let script = variant("[[ $UNIT = a ]] && echo \"${UNIT/a/b}\"", commands: "[bash]")
      .replacing("with: shell", by: "with: shell\n    interpreter: /bin/bash")
    #expect(codes(Examples.definition(script)) == [])
  }
}
