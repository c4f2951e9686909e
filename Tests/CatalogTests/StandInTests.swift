import Catalog
import JSON
import Model
import Platform
import Schema
import Support
import Testing
import Tools

/// Runs shipped scripts against stand-ins for what this machine lacks, or what would change it.
@Suite struct StandInTests {
  private func run(
    _ name: String, _ arguments: JSON = [:], with programs: [(String, String)]
  ) throws -> ScriptRun.Ended {
    try ScriptRun(name).run(arguments, with: programs)
  }

  /// Answers `show` as systemd does; `restart` fails for one unit.
  private static let systemctl = """
    for unit; do :; done
    case $1 in
      restart) [ "$unit" != broken.service ] || { echo "Job for $unit failed" >&2; exit 1; } ;;
      list-units)
        case "$*" in
          *timer*) echo 'apt-daily.timer loaded active waiting Daily apt download activities' ;;
          *) echo 'a\\x2db.service loaded failed failed A "quoted"  server \\ 1' ;;
        esac ;;
      show)
        load=loaded active=active sub=running pid=7
        case $unit in
          nothing.service) load=not-found active=inactive sub=dead pid=0 ;;
          falls.service) active=failed sub=failed pid=0 ;;
        esac
        case "$*" in
          *--value*)
            case "$*" in
              *LoadState*) echo $load ;;
              *ActiveState*) echo $active ;;
              *SubState*) echo $sub ;;
              *MainPID*) echo $pid ;;
              *TimersCalendar*)
                echo '{ OnCalendar=*-*-* 06,18:00:00 ; next_elapse=Mon 2026-03-02 18:00:00 UTC }'
                echo '{ OnBootSec=15min ; next_elapse=0 }' ;;
              *Unit*) echo apt-daily.service ;;
            esac ;;
          *) printf '%s\\n' "MainPID=$pid" NRestarts=2 ExecMainStatus=0 Result=success \
            'MemoryCurrent=[not set]' LoadState=$load ActiveState=$active SubState=$sub \
            UnitFileState=enabled 'StateChangeTimestamp=Mon 2026-03-02 10:00:00 UTC' ;;
        esac ;;
    esac
    """
  private static let noSystemd = "echo 'System has not been booted with systemd' >&2; exit 1"

  @Test("service.status reads what systemd shows, and leaves out what is not a number")
  func status() throws {
    let ended = try run(
      "service.status", ["unit": "nginx.service"], with: [("systemctl", Self.systemctl)])
    #expect(
      ended.evaluation.result == [
        "unit": "nginx.service", "load": "loaded", "active": "active", "sub": "running",
        "startsAtBoot": "enabled", "result": "success", "since": "Mon 2026-03-02 10:00:00 UTC",
        "mainPid": 7, "exitStatus": 0, "restarts": 2,
      ], "\(ended)")
  }

  @Test(
    "a unit that is missing, broken or unstable, and a machine without systemd, each has its meaning",
    arguments: [
      ("service.status", "nothing.service", "there is no such unit"),
      ("service.restart", "nothing.service", "there is no such unit; nothing was restarted"),
      ("service.restart", "broken.service", "the restart failed"),
      ("service.restart", "falls.service", "it was restarted, and did not stay up"),
    ])
  func failures(name: String, unit: String, meaning: String) throws {
    var arguments = JSONObject([("unit", .string(unit))])
    if name == "service.restart" { arguments["waitSeconds"] = 0 }
    let ended = try run(name, .object(arguments), with: [("systemctl", Self.systemctl)])
    #expect(ended.evaluation.outcome == .failed && ended.evaluation.meaning == meaning, "\(ended)")
    let without = try run(name, .object(arguments), with: [("systemctl", Self.noSystemd)])
    #expect(without.evaluation.meaning == "systemd does not answer on this endpoint", "\(without)")
  }

  @Test("service.restart reports the state that the service is in")
  func restart() throws {
    let ended = try run(
      "service.restart", ["unit": "nginx.service", "waitSeconds": 0],
      with: [("systemctl", Self.systemctl)])
    #expect(
      ended.evaluation.result
        == ["unit": "nginx.service", "state": "active", "sub": "running", "mainPid": 7], "\(ended)")
  }

  @Test("service.failed keeps quotes and backslashes")
  func failed() throws {
    let ended = try run("service.failed", with: [("systemctl", Self.systemctl)])
    #expect(
      ended.evaluation.result == [
        [
          "unit": #"a\x2db.service"#, "load": "loaded", "sub": "failed",
          "description": #"A "quoted" server \ 1"#,
        ]
      ], "\(ended)")
    let none = try run("service.failed", with: [("systemctl", "exit 0")])
    #expect(none.evaluation.outcome == .succeededEmpty)
  }

  @Test("logs.search takes its text as it stands, and keeps the newest lines")
  func logs() throws {
    let journal = """
      case "$*" in *"-n 1"*) echo something; exit ;; esac
      i=0; while [ $i -lt 50 ]; do echo "line $i of \\"a.*b\\" \\\\ $*"; i=$((i + 1)); done
      echo "line of a+b"
      """
    let ended = try run(
      "logs.search", ["text": "A.*B\" \\", "maxLines": 2, "unit": "x.service", "sinceMinutes": 7],
      with: [("journalctl", journal)])
    #expect(ended.evaluation.outcome == .succeeded, "\(ended)")
    let result = try #require(ended.evaluation.result)
    #expect(result["source"] == "journal" && result["matches"] == 50)
    let lines = (result["lines"]?.array ?? []).compactMap(\.string)
    #expect(lines.map { $0.prefix(7) } == ["line 48", "line 49"])
    #expect(lines.first?.hasSuffix("--since -7min --unit=x.service") ?? false, "\(lines)")
  }

  @Test("logs.search says when the log breaks off")
  func brokenLog() throws {
    let journal = "case \"$*\" in *'-n 1'*) echo x ;; *) echo a; exit 1 ;; esac"
    let ended = try run("logs.search", ["text": "a"], with: [("journalctl", journal)])
    #expect(ended.evaluation.meaning == "the log could not be read to its end", "\(ended)")
  }

  @Test("packages.updates reads what apt would do")
  func packages() throws {
    let apt = #"""
      cat <<'END'
      Reading package lists...
      Inst libc6 [2.36-9] (2.36-9+deb12u4 Debian:12.5/stable, Debian-Security:12/stable-security [amd64])
      Inst linux-image-6.1.0-21-amd64 (6.1.90-1 Debian:12.5/stable [amd64])
      Remv old [1.0]
      Conf libc6 (2.36-9+deb12u4 Debian:12.5/stable [amd64])
      END
      """#
    let ended = try run("packages.updates", with: [("apt-get", apt)])
    let result = try #require(ended.evaluation.result, "\(ended)")
    #expect(result["total"] == 2 && result["security"] == 1 && result["removals"] == 1)
    #expect(
      result["packages"] == [
        ["name": "libc6", "installed": "2.36-9", "available": "2.36-9+deb12u4", "security": true],
        [
          "name": "linux-image-6.1.0-21-amd64", "installed": .null, "available": "6.1.90-1",
          "security": false,
        ],
      ])
    let locked = try run("packages.updates", with: [("apt-get", "echo E: locked >&2; exit 100")])
    #expect(locked.evaluation.meaning == "the package manager cannot tell")
  }

  @Test("users.logged-in tells where somebody comes from")
  func users() throws {
    let who =
      "printf '%s\\n' 'ada      pts/0        2026-03-02 10:00 (192.0.2.7)' 'bob tty1 2026-03-02 11:00'"
    let ended = try run("users.logged-in", with: [("who", who)])
    #expect(
      ended.evaluation.result == [
        ["user": "ada", "terminal": "pts/0", "since": "2026-03-02 10:00", "from": "192.0.2.7"],
        ["user": "bob", "terminal": "tty1", "since": "2026-03-02 11:00", "from": .null],
      ], "\(ended)")
  }

  @Test("network.listening-ports takes apart every kind of address")
  func ports() throws {
    let ss = #"""
      cat <<'END'
      udp   UNCONN 0      0      127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=500,fd=13))
      tcp   LISTEN 0      128             [::]:22            [::]:*    users:(("a"b",pid=7,fd=4),("c",pid=8,fd=4))
      tcp   LISTEN 0      128                *:80               *:*
      END
      """#
    let ended = try run("network.listening-ports", with: [("ss", ss)])
    #expect(
      ended.evaluation.result == [
        [
          "protocol": "udp", "address": "127.0.0.53", "port": 53, "interface": "lo",
          "process": "systemd-resolve", "pid": 500,
        ],
        ["protocol": "tcp", "address": "::", "port": 22, "process": #"a"b"#, "pid": 7],
        ["protocol": "tcp", "address": "*", "port": 80],
      ], "\(ended)")
  }

  @Test("time.sync reads chrony's answer with its sign")
  func time() throws {
    let chrony = #"""
      printf '%s\n' 'System time     : 0.000012 seconds slow of NTP time' 'Leap status     : Normal'
      """#
    let ended = try run("time.sync", with: [("chronyc", chrony)])
    let result = try #require(ended.evaluation.result, "\(ended)")
    #expect(result["source"] == "chrony" && result["synchronized"] == true)
    #expect(result["clockErrorSeconds"]?.number?.text == "-0.000012")
  }

  @Test("system.reboot hands its message over as one argument")
  func reboot() throws {
    let shutdown = "printf '[%s]' \"$@\" >&2"
    let message = "a  \"b\" $(id) `id` ' ; \\"
    let ended = try run(
      "system.reboot", ["delayMinutes": 7, "message": .string(message)],
      with: [("shutdown", shutdown)])
    #expect(ended.evaluation.result == ["planned": true, "delayMinutes": 7], "\(ended)")
    #expect(ended.stderr == "[-r][+7][\(message)]")
  }

  @Test("tls.certificate-expiry reads the certificate of a server")
  func certificate() throws {
    let openssl = try ScriptRun("tls.certificate-expiry")
    guard openssl.isPossible else { return }
    try withTemporaryDirectory { directory in
      // What s_client prints, with a certificate that was just made.
      let made = Launch(
        "/bin/sh",
        arguments: [
          "sh", "-c",
          """
          cd "$1" && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 12 \
            -subj '/O=A "q" = ü/CN=web.example' 2> /dev/null
          """, "sh", directory,
        ], environment: [("PATH", openssl.path)])
      let null = try Files.open("/dev/null", .readWrite)
      let child = try ChildProcess.spawn(made, stdin: null, stdout: null, stderr: null)
      #expect(try child.wait().how == .exit(code: 0))
      let stand = """
        case $1 in
          s_client) cat '\(directory)/cert'; echo '    Verify return code: 18 (self-signed)' ;;
          *) PATH='\(openssl.path)' exec openssl "$@" ;;
        esac
        """
      let ended = try run(
        "tls.certificate-expiry", ["host": "web.example"], with: [("openssl", stand)])
      let result = try #require(ended.evaluation.result, "\(ended)")
      let days = result["daysLeft"]?.int ?? 0
      #expect(result["trusted"] == false && (11...12).contains(days), "\(result)")
      #expect(result["subject"]?.string?.hasPrefix("CN=web.example,O=A ") ?? false, "\(result)")
      let refused = try run(
        "tls.certificate-expiry", ["host": "web.example"],
        with: [("openssl", "echo connect:errno=111; exit 1")])
      #expect(refused.evaluation.meaning == "the server showed no certificate", "\(refused)")
    }
  }

  @Test("schedule.list reads timers where systemd runs")
  func schedule() throws {
    let ended = try run("schedule.list", with: [("systemctl", Self.systemctl)])
    let entries = ended.evaluation.result?.array ?? []
    #expect(
      entries.contains([
        "kind": "timer", "source": "apt-daily.timer",
        "schedule": "OnCalendar=*-*-* 06,18:00:00 OnBootSec=15min", "user": .null,
        "command": "apt-daily.service",
      ]), "\(ended)")
  }
}
