import Patterns

/// Whether all texts of some languages together, of these lengths, are texts of another one.
enum Inclusion: Hashable {
  case holds
  /// A text that is in the first ones and not in the other.
  case fails(String)
  /// It would take too long to know.
  case unknown

  /// States that are looked at, each as often as it is; more is not decided.
  static let maxWork = 3_000_000
  /// Lengths are counted up to this; longer bounds are left out.
  static let maxCountedLength = 400

  /// - Parameters:
  ///   - first: patterns that a text matches, all of them.
  ///   - least: scalars that it has at least, and `most` at most.
  init(of first: [String], least: Int, most: Int?, in second: String) {
    guard let other = Expression(pattern: second).flatMap({ Automaton($0) }) else {
      self = .unknown
      return
    }
    // A pattern that is not understood admits no more than every text.
    let known = first.compactMap { Expression(pattern: $0).flatMap { Automaton($0) } }
    var search = Search(known.isEmpty ? [Automaton()] : known, other, least, most)
    let answer = search.run()
    self = answer == .holds || known.count == first.count ? answer : .unknown
  }

  private struct Place: Hashable {
    let first: [[Int]]
    let second: [Int]
    /// Scalars so far, counted no further than they matter.
    let length: Int
    /// Before the first scalar, where `^` holds: the same states may come again behind one.
    let isStart: Bool
  }

  private struct Search {
    let first: [Automaton]
    let second: Automaton
    let least: Int
    let most: Int?
    /// From where on the length does not matter any more.
    let counted: Int
    /// One scalar of each class that all sets take or leave alike.
    let alphabet: [UInt32]
    var cameFrom: [Place: (Place, UInt32)] = [:]

    init(_ first: [Automaton], _ second: Automaton, _ least: Int, _ most: Int?) {
      self.first = first
      self.second = second
      let most = most.flatMap { $0 <= Inclusion.maxCountedLength ? $0 : nil }
      self.most = most
      self.least = min(least, Inclusion.maxCountedLength)
      counted = max(self.least, most.map { $0 + 1 } ?? 0)
      alphabet = Self.alphabet((first + [second]).flatMap(\.sets))
    }

    /// Where any set begins, or the scalar behind its end; a readable one of each class if it has.
    private static func alphabet(_ sets: [[ClosedRange<UInt32>]]) -> [UInt32] {
      var cuts: Set<UInt32> = [0]
      for range in sets.flatMap(\.self) {
        cuts.insert(range.lowerBound)
        if range.upperBound < Automaton.lastScalar { cuts.insert(range.upperBound + 1) }
      }
      let sorted = cuts.sorted()
      return sorted.enumerated().map { index, low in
        let high = index + 1 < sorted.count ? sorted[index + 1] - 1 : Automaton.lastScalar
        let letters: [UInt32] = [0x61, 0x41, 0x30, 0x20]
        return letters.first { low...high ~= $0 } ?? low
      }.filter { Unicode.Scalar($0) != nil }
    }

    mutating func run() -> Inclusion {
      let begin = Place(first: first.map(\.start), second: second.start, length: 0, isStart: true)
      var open = [begin]
      var seen: Set<Place> = [begin]
      var work = 0
      var next = 0
      // First come, first served: the shortest text that proves it.
      while next < open.count {
        let place = open[next]
        next += 1
        if isProof(place) { return .fails(text(of: place)) }
        if let most, place.length >= most { continue }
        for scalar in alphabet {
          work += place.second.count + place.first.reduce(0) { $0 + $1.count }
          guard work <= Inclusion.maxWork else { return .unknown }
          let after = step(place, scalar)
          guard after.first.allSatisfy({ !$0.isEmpty }), seen.insert(after).inserted else {
            continue
          }
          cameFrom[after] = (place, scalar)
          open.append(after)
        }
      }
      return .holds
    }

    private func isProof(_ place: Place) -> Bool {
      guard place.length >= least, most.map({ place.length <= $0 }) ?? true else { return false }
      return zip(first, place.first).allSatisfy { $0.accepts($1, isStart: place.isStart) }
        && !second.accepts(place.second, isStart: place.isStart)
    }

    private func step(_ place: Place, _ scalar: UInt32) -> Place {
      func step(_ automaton: Automaton, _ states: [Int]) -> [Int] {
        automaton.step(states, automaton.sets.map { set in set.contains { $0.contains(scalar) } })
      }
      return Place(
        first: zip(first, place.first).map { step($0, $1) }, second: step(second, place.second),
        length: min(place.length + 1, counted), isStart: false)
    }

    private func text(of place: Place) -> String {
      var scalars = String.UnicodeScalarView()
      var place = place
      while let (before, scalar) = cameFrom[place] {
        if let scalar = Unicode.Scalar(scalar) { scalars.append(scalar) }
        place = before
      }
      return String(String.UnicodeScalarView(scalars.reversed()))
    }
  }
}
