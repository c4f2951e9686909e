/// The scripts that come with the kit.
enum ScriptTexts {
  static let sh: [CheckScript: String] = [
    .print: "echo out\necho err >&2\n",
    .empty: ":\n",
    .exit: "exit 7\n",
    .signal: "kill -USR1 $$\n",
    .wait: "echo waiting\nsleep 60\necho over\n",
    .stubborn: """
    trap '' TERM
    echo waiting
    second=0
    while [ "$second" -lt 60 ]; do
      sleep 1
      second=$((second + 1))
    done

    """,
    .env: "printf '%s\\n' \"$VALUE\"\n",
    .argv: "for value in \"$@\"; do printf '%s\\n' \"$value\"; done\n",
    .stdin: "cat\n",
    .large: "yes signalbox | head -c @BYTES@\n",
  ]

  static let python: [CheckScript: String] = [
    .print: "import sys\nprint('out')\nsys.stderr.write('err\\n')\n",
    .empty: "pass\n",
    .exit: "raise SystemExit(7)\n",
    .signal: "import os, signal\nos.kill(os.getpid(), signal.SIGUSR1)\n",
    .wait: "import time\nprint('waiting', flush=True)\ntime.sleep(60)\n",
    .stubborn: """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print('waiting', flush=True)
    time.sleep(60)

    """,
    .env: "import os\nos.write(1, os.environb[b'VALUE'] + b'\\n')\n",
    .argv: """
    import os, sys
    for value in sys.argv[1:]:
        os.write(1, os.fsencode(value) + b'\\n')

    """,
    .stdin: "import shutil, sys\nshutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)\n",
    .large: """
    import sys
    left, piece = @BYTES@, b'signalbox\\n' * 6553
    while left > 0:
        sys.stdout.buffer.write(piece[:left])
        left -= len(piece)

    """,
  ]

  /// What this executor prints is made of objects, and it has no signals of its own.
  static let powershell: [CheckScript: String] = [
    .print: "[Console]::Out.Write(\"out`n\")\n[Console]::Error.Write(\"err`n\")\n",
    .empty: "$null = 1\n",
    .exit: "exit 7\n",
    .wait: "[Console]::Out.Write(\"waiting`n\")\nStart-Sleep -Seconds 60\n",
    .env: "[Console]::Out.Write($env:VALUE + \"`n\")\n",
    .large: """
    $piece = "signalbox`n" * 6553
    $left = @BYTES@
    while ($left -gt 0) {
      $count = [Math]::Min($left, $piece.Length)
      [Console]::Out.Write($piece.Substring(0, $count))
      $left -= $count
    }

    """,
  ]

  static let applescript: [CheckScript: String] = [
    .empty: "on run argv\nend run\n",
    .argv: """
    on run argv
      set AppleScript's text item delimiters to linefeed
      return argv as text
    end run

    """,
  ]

  /// Functions print nothing by themselves, so much of what a script can do has no counterpart.
  static let native: [CheckScript: String] = [
    .signal: """
    {"library": {"linux": "libc.so.6"}, "calls": [{"function": "raise",
    "parameters": [{"type": "int32", "value": 10}], "returns": "int32"}], "output": {}}
    """,
    .exit: """
    {"library": {"linux": "libc.so.6"}, "calls": [{"function": "close",
    "parameters": [{"type": "int32", "value": -1}], "returns": "int32", "fails": "negative",
    "exits": {"EBADF": 7}}], "output": {}}
    """,
    .empty: """
    {"library": {"linux": "libc.so.6"}, "calls": [{"function": "_exit",
    "parameters": [{"type": "int32", "value": 0}], "returns": "void"}], "output": {}}
    """,
    .wait: """
    {"library": {"linux": "libc.so.6"}, "calls": [
    {"function": "puts", "parameters": [{"type": "string", "value": "waiting"}],
    "returns": "int32"},
    {"function": "fflush", "parameters": [{"type": "null"}], "returns": "int32"},
    {"function": "sleep", "parameters": [{"type": "uint32", "value": 60}],
    "returns": "uint32"}], "output": {}}
    """,
  ]
}
