import CommandLine
import JSON

/// Where a followed call's output goes, and the status line below it.
///
/// Used by one thread, the loop's; created before and read after it runs.
final class Screen {
  private let output: Terminal
  private let error: Terminal
  private let begun = ContinuousClock.now
  /// Keeps the output instead of printing it.
  private let keeps: Bool
  private(set) var stdout: [UInt8] = []
  private(set) var stderr: [UInt8] = []
  private var visibleOut = VisibleStream()
  private var visibleError = VisibleStream()
  private var isStatusShown = false
  /// Whether the cursor stands behind something that a tool printed.
  private var isMidLine = false
  let showsStatus: Bool

  var state = "" {
    didSet { if state != oldValue { refresh() } }
  }

  init(keeps: Bool, output: Terminal = Terminal(.output), error: Terminal = Terminal(.error)) {
    self.keeps = keeps
    self.output = output
    self.error = error
    showsStatus = error.isTerminal && !keeps
  }

  /// - Returns: whether somebody still reads.
  func print(_ bytes: [UInt8], isError: Bool) -> Bool {
    if keeps {
      if isError { stderr += bytes } else { stdout += bytes }
      return true
    }
    let terminal = isError ? error : output
    hideStatus()
    guard terminal.isTerminal else { return terminal.write(bytes) }
    // A tool's output must not be able to move the cursor or paint an outcome of its own.
    let shown = isError ? visibleError.take(bytes) : visibleOut.take(bytes)
    if let last = shown.last { isMidLine = last != 0x0A }
    return terminal.write(shown)
  }

  func refresh() {
    guard showsStatus, !isMidLine, !state.isEmpty else { return }
    let elapsed = ContinuousClock.now - begun
    let time = TimeWords.span(microseconds: Int(elapsed.components.seconds) * 1_000_000)
    let text = Visible.text("[\(time)] \(state)")
    error.write("\r\u{1B}[K" + error.paint(String(text.prefix(error.width - 1)), .dim))
    isStatusShown = true
  }

  /// Leaves the cursor at the beginning of a line.
  func close() {
    hideStatus()
    if output.isTerminal { output.write(visibleOut.finish()) }
    if error.isTerminal { error.write(visibleError.finish()) }
    if isMidLine { error.line() }
    isMidLine = false
  }

  private func hideStatus() {
    guard isStatusShown else { return }
    error.write("\r\u{1B}[K")
    isStatusShown = false
  }
}
