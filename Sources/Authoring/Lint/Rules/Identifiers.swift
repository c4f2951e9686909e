/// The words of a text that could be names of variables.
struct Identifiers {
  let names: Set<String>

  init(_ text: some Collection<UInt8>) {
    var names: Set<String> = []
    var word: [UInt8] = []
    func end() {
      if !word.isEmpty { names.insert(String(decoding: word, as: UTF8.self)) }
      word.removeAll(keepingCapacity: true)
    }
    for byte in text {
      if ShellParser.isName(byte) { word.append(byte) } else { end() }
    }
    end()
    self.names = names
  }

  /// Of a shell script without its comments.
  init(_ script: ShellScript, _ text: String) {
    var bytes = Array(text.utf8)
    for comment in script.comments where comment.upperBound <= bytes.count {
      for index in comment { bytes[index] = UInt8(ascii: " ") }
    }
    self.init(bytes)
  }
}
