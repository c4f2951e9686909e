/// A batch file within a PowerShell script. No executor runs batch files, so the script writes this
/// one to a file of its own and runs that with cmd.exe.
enum BatchFrame {
  /// - Throws: for a batch file with arguments: cmd.exe puts them into the text of its commands
  ///   before it reads those, so an argument would be script text.
  static func around(
    _ batch: String, path: String, hasArguments: Bool, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> String {
    guard !hasArguments, !takesArguments(batch) else {
      throw ItemRefusal(
        .batchArguments,
        "\(path) takes arguments, and cmd.exe puts arguments into the text of a batch file before it"
          + " reads it, where they could be commands; rewrite it for PowerShell")
    }
    guard !batch.split(separator: "\n").contains(where: { $0.hasPrefix("'@") }) else {
      throw ItemRefusal(
        .batchText, "a line of \(path) begins with '@, which ends the text of a batch file here")
    }
    if batch.lowercased().contains("%~dp0") || batch.lowercased().contains("%~f0") {
      remarks.gap(
        .scriptLocation, "it looks for files beside itself; on the endpoint it lies alone")
    }
    remarks.gap(
      .scriptWrapped,
      "no executor runs batch files, so a PowerShell script writes it to a file and runs cmd.exe")
    let body = batch.hasSuffix("\n") ? batch : batch + "\n"
    return head + body + tail
  }

  /// `%1` to `%9`, `%~dp1` and `%*`, but not the `%%i` of a loop.
  static func takesArguments(_ batch: String) -> Bool {
    let bytes = Array(batch.lowercased().utf8)
    var index = 0
    while let percent = bytes[index...].firstIndex(of: UInt8(ascii: "%")) {
      var next = percent + 1
      guard next < bytes.count else { return false }
      if bytes[next] == UInt8(ascii: "%") {
        index = next + 1
        continue
      }
      if bytes[next] == UInt8(ascii: "~") {
        next += 1
        while next < bytes.count, 0x61...0x7A ~= bytes[next] { next += 1 }
      }
      if next < bytes.count, 0x31...0x39 ~= bytes[next] || bytes[next] == UInt8(ascii: "*") {
        // `%1abc%` would be a variable's name; those do not begin with digits.
        return true
      }
      index = percent + 1
    }
    return false
  }

  private static let head = """
    # Signalbox: a batch file, written to a file of its own and run by cmd.exe.
    $SignalboxBatch = @'

    """

  private static let tail = """
    '@
    $SignalboxFile = Join-Path ([System.IO.Path]::GetTempPath()) \
    ('signalbox-' + [guid]::NewGuid() + '.cmd')
    $SignalboxCode = [System.Text.Encoding]::GetEncoding(\
    [System.Globalization.CultureInfo]::CurrentCulture.TextInfo.OEMCodePage)
    $SignalboxExit = 1
    try {
      $SignalboxText = ($SignalboxBatch -replace "`r?`n", "`r`n") + "`r`n"
      [System.IO.File]::WriteAllText($SignalboxFile, $SignalboxText, $SignalboxCode)
      & (Join-Path $env:SystemRoot 'System32\\cmd.exe') /d /c $SignalboxFile
      $SignalboxExit = $LASTEXITCODE
    } finally {
      Remove-Item -LiteralPath $SignalboxFile -ErrorAction SilentlyContinue
    }
    exit $SignalboxExit

    """
}
