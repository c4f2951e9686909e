/// The commands and groups that the splicer is in, one within the other, and the splices whose
/// values flow out of each: a group's output may be piped into a program that runs it.
struct ShellFlow {
  struct Splice {
    let name: String
    let isTame: Bool
  }

  private struct Frame {
    let opener: String
    /// Where the present command begins.
    var commandStart: Int
    /// Of the present pipeline, and of all that the group had.
    var present: [Splice] = []
    var all: [Splice] = []
    /// Where the group begins, in the command around it.
    let start: Int
  }

  private var frames = [Frame(opener: "", commandStart: 0, start: 0)]

  var depth: Int { frames.count }

  /// Splices in what is piped on.
  var present: [Splice] { frames.last?.present ?? [] }

  var commandStart: Int {
    get { frames.last?.commandStart ?? 0 }
    set {
      guard !frames.isEmpty else { return }
      frames[frames.count - 1].commandStart = newValue
    }
  }

  /// - Parameter position: where the bracket or word is that opens the group.
  mutating func enter(_ opener: String, at position: Int) {
    frames.append(
      Frame(opener: opener, commandStart: position + opener.utf8.count, start: position))
  }

  /// Ends the innermost group that was opened so, with those within that were never closed.
  mutating func leave(_ openers: Set<String>) {
    guard let index = frames.lastIndex(where: { openers.contains($0.opener) }), index > 0 else {
      return
    }
    while frames.count > index {
      let ended = frames.removeLast()
      frames[frames.count - 1].present += ended.all
      frames[frames.count - 1].all += ended.all
    }
  }

  mutating func add(_ splice: Splice) {
    guard !frames.isEmpty else { return }
    frames[frames.count - 1].present.append(splice)
    frames[frames.count - 1].all.append(splice)
  }

  /// After `;`, `&&` and the end of a line nothing of what was before is piped on.
  mutating func endPipeline() {
    guard !frames.isEmpty else { return }
    frames[frames.count - 1].present = []
  }

  /// Of the commands that `position` is in, from the innermost: where the text of each is.
  func commands(before position: Int) -> [Range<Int>] {
    var end = position
    return frames.reversed().map { frame in
      defer { end = frame.start }
      return min(frame.commandStart, end)..<end
    }
  }
}
