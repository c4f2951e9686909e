extension StringProtocol {
  /// Whether `text` is in it. Not `contains`, which sets up a table for each search.
  func holds(_ text: StaticString) -> Bool {
    // What is searched here is short; a long text is cut out of its bytes.
    Array(utf8)[...].place(of: text) != nil
  }
}

extension ArraySlice<UInt8> {
  /// Where `text` begins.
  func place(of text: StaticString) -> Int? {
    text.withUTF8Buffer { text in
      guard let first = text.first else { return startIndex }
      var index = startIndex
      while index + text.count <= endIndex {
        if self[index] == first, self[index..<(index + text.count)].elementsEqual(text) {
          return index
        }
        index += 1
      }
      return nil
    }
  }
}
