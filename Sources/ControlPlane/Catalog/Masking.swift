/// Takes secrets out of a text as the endpoint does before anything is stored: of those that
/// overlap the one that begins first, and of those that begin together the longest.
package struct Masking {
  /// What the endpoint writes in the place of a secret.
  static let marker = "[redacted]"

  private let secrets: [[UInt8]]

  package init(_ secrets: [String]) {
    self.secrets = secrets.filter { !$0.isEmpty }.map { Array($0.utf8) }
  }

  /// Whether one of the secrets is in a text.
  package func finds(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return secrets.contains { !Self.places(of: $0, in: bytes).isEmpty }
  }

  func masked(_ text: String) -> String {
    guard !secrets.isEmpty else { return text }
    let bytes = Array(text.utf8)
    // The longest secret that begins at each place.
    var lengths = [Int](repeating: 0, count: bytes.count)
    for secret in secrets {
      for place in Self.places(of: secret, in: bytes) where lengths[place] < secret.count {
        lengths[place] = secret.count
      }
    }
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if lengths[index] > 0 {
        out += Self.marker.utf8
        index += lengths[index]
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Where `needle` begins: Knuth, Morris and Pratt, because a search that starts over at each byte
  /// takes squares on text made for that.
  private static func places(of needle: [UInt8], in text: [UInt8]) -> [Int] {
    var borders = [0]
    var matched = 0
    for byte in needle.dropFirst() {
      while matched > 0, needle[matched] != byte { matched = borders[matched - 1] }
      if needle[matched] == byte { matched += 1 }
      borders.append(matched)
    }
    var places: [Int] = []
    matched = 0
    for (index, byte) in text.enumerated() {
      while matched > 0, matched == needle.count || needle[matched] != byte {
        matched = borders[matched - 1]
      }
      if needle[matched] == byte { matched += 1 }
      if matched == needle.count { places.append(index + 1 - matched) }
    }
    return places
  }
}
