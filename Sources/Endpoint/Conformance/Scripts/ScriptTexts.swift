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
    .proc: "cat /proc/self/status /proc/self/limits /proc/self/cgroup\n",
    .escape: "setsid sleep 60 </dev/null >/dev/null 2>&1 &\necho $!\nsleep 1\n",
    // tail(1) keeps the last line, which is all of it.
    .memory: """
    taken=$(head -c 134217728 /dev/zero | tail -n 1 | wc -c)
    if [ "$taken" -eq 134217728 ]; then echo taken; fi

    """,
    .processes: """
    count=0
    while [ "$count" -lt 40 ]; do
      sleep 60 </dev/null >/dev/null 2>&1 &
      echo process
      count=$((count + 1))
    done

    """,
    // paste(1) opens all of them before it reads one.
    .files: """
    set --
    while [ "$#" -lt 64 ]; do set -- "$@" /dev/null; done
    paste "$@" >/dev/null && echo opened

    """,
    .file: "head -c 1048576 /dev/zero > written && echo written\n",
    .spin: "while :; do :; done\n",
    .agent: """
    printf '%s\\n' "${SIGNALBOX_AGENT-}" "${SIGNALBOX_STATE-}" "${SIGNALBOX_PLUGINS-}"

    """,
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
    .proc: """
    import sys
    for name in ('status', 'limits', 'cgroup'):
        with open('/proc/self/' + name) as file:
            sys.stdout.write(file.read())

    """,
    .escape: """
    import subprocess, time
    none = subprocess.DEVNULL
    left = subprocess.Popen(['sleep', '60'], stdin=none, stdout=none, stderr=none,
                            start_new_session=True)
    print(left.pid, flush=True)
    time.sleep(1)

    """,
    .memory: "held = b'x' * (128 << 20)\nprint('taken')\n",
    .processes: """
    import subprocess
    none = subprocess.DEVNULL
    for _ in range(40):
        subprocess.Popen(['sleep', '60'], stdin=none, stdout=none, stderr=none)
        print('process', flush=True)

    """,
    .files: "held = [open('/dev/null') for _ in range(64)]\nprint('opened')\n",
    .file: """
    with open('written', 'wb') as file:
        file.write(bytes(1 << 20))
    print('written')

    """,
    .spin: "while True:\n    pass\n",
    .agent: """
    import os
    for name in ('SIGNALBOX_AGENT', 'SIGNALBOX_STATE', 'SIGNALBOX_PLUGINS'):
        print(os.environ.get(name, ''))

    """,
  ]

  /// What this executor prints is made of objects, and it has no signals of its own. A PowerShell
  /// takes more memory, threads and files at its start than the limits that are tried.
  static let powershell: [CheckScript: String] = [
    .print: "[Console]::Out.Write(\"out`n\")\n[Console]::Error.Write(\"err`n\")\n",
    .empty: "$null = 1\n",
    .exit: "exit 7\n",
    .wait: "[Console]::Out.Write(\"waiting`n\")\nStart-Sleep -Seconds 60\n",
    .env: "[Console]::Out.Write($env:VALUE + \"`n\")\n",
    .argv: "foreach ($value in $args) { [Console]::Out.Write($value + \"`n\") }\n",
    .agent: """
    foreach ($name in 'AGENT', 'STATE', 'PLUGINS') {
      [Console]::Out.Write([Environment]::GetEnvironmentVariable("SIGNALBOX_$name") + "`n")
    }

    """,
    .proc: """
    foreach ($name in 'status', 'limits', 'cgroup') {
      [Console]::Out.Write([IO.File]::ReadAllText("/proc/self/$name"))
    }

    """,
    .file: """
    try {
      [IO.File]::WriteAllBytes((Join-Path (Get-Location).Path 'written'), (New-Object byte[] 1048576))
    } catch { exit 3 }
    [Console]::Out.Write("written`n")

    """,
    .spin: "while ($true) { }\n",
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

  /// In JavaScript for Automation what AppleScript cannot do: osascript ends a result with a newline of its
  /// own, and with 1 for every error, so these write and end by themselves.
  static let applescript: [CheckScript: String] = [
    .print: foundation
      + """
      write($.NSFileHandle.fileHandleWithStandardOutput, $('out\\n'))
      write($.NSFileHandle.fileHandleWithStandardError, $('err\\n'))
      $.exit(0)

      """,
    .empty: "on run argv\nend run\n",
    .exit: "ObjC.import('stdlib')\n$.exit(7)\n",
    .wait: foundation
      + """
      write($.NSFileHandle.fileHandleWithStandardOutput, $('waiting\\n'))
      delay(60)

      """,
    .env: foundation
      + """
      const value = $.NSProcessInfo.processInfo.environment.objectForKey('VALUE')
      write($.NSFileHandle.fileHandleWithStandardOutput, value.stringByAppendingString('\\n'))
      $.exit(0)

      """,
    .stdin: foundation
      + """
      $.NSFileHandle.fileHandleWithStandardOutput.writeData(
        $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile)
      $.exit(0)

      """,
    .large: foundation
      + """
      const piece = 'signalbox\\n'.repeat(6553)
      for (let left = @BYTES@; left > 0; left -= piece.length) {
        write($.NSFileHandle.fileHandleWithStandardOutput, $(piece.slice(0, left)))
      }
      $.exit(0)

      """,
    .file: foundation
      + """
      const bytes = $.NSMutableData.dataWithLength(1048576)
      if (!bytes.writeToFileAtomically('written', false)) $.exit(3)
      write($.NSFileHandle.fileHandleWithStandardOutput, $('written\\n'))
      $.exit(0)

      """,
    .spin: "ObjC.import('stdlib')\nfor (;;) { }\n",
    .argv: """
    on run argv
      set AppleScript's text item delimiters to linefeed
      return argv as text
    end run

    """,
  ]

  private static let foundation = """
    ObjC.import('stdlib')
    ObjC.import('Foundation')
    function write(file, text) {
      file.writeData(text.dataUsingEncoding($.NSUTF8StringEncoding))
    }

    """

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
