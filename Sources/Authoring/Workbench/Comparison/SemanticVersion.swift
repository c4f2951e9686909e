/// A version by Semantic Versioning 2.0.0, as far as an order and a step need it.
package struct SemanticVersion: Sendable, Hashable, CustomStringConvertible {
  /// A change of a version, by the part of it that is raised.
  package enum Step: String, Sendable, CaseIterable, Comparable {
    case none
    case patch
    case minor
    case major

    package static func < (left: Step, right: Step) -> Bool {
      (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
  }

  package let description: String
  /// Major, minor, patch: digits without zeros in front, of any length.
  private let numbers: [String]
  private let preRelease: [String]

  /// - Returns: `nil` for what is no semantic version.
  package init?(_ text: String) {
    let release = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let parts = release.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, numbers.allSatisfy(Self.isNumber) else { return nil }
    description = text
    self.numbers = numbers.map(String.init)
    preRelease = parts.count > 1 ? parts[1].split(separator: ".").map(String.init) : []
  }

  /// Before 1.0.0 nothing is promised for long: by custom an incompatible change is a minor step.
  package var isInitial: Bool { numbers[0] == "0" }

  /// The part that was raised on the way to a later version; `nil` if `later` is not later.
  package func step(to later: SemanticVersion) -> Step? {
    guard precedes(later) else { return nil }
    for (step, pair) in zip([Step.major, .minor, .patch], zip(numbers, later.numbers))
    where pair.0 != pair.1 {
      return step
    }
    // Of a pre-release, whatever it is to become: it has promised nothing yet.
    return preRelease.isEmpty ? Step.none : .major
  }

  /// The version that a step leads to.
  package func after(_ step: Step) -> String {
    switch step {
    case .none: description
    case .patch: "\(numbers[0]).\(numbers[1]).\(Self.successor(numbers[2]))"
    case .minor: "\(numbers[0]).\(Self.successor(numbers[1])).0"
    case .major: "\(Self.successor(numbers[0])).0.0"
    }
  }

  /// The step that a change asks for, by where the version stands.
  package func needed(for change: Step) -> Step {
    guard isInitial else { return change }
    return change == .major ? .minor : change == .minor ? .patch : change
  }

  // MARK: - Order

  private func precedes(_ other: SemanticVersion) -> Bool {
    for (mine, theirs) in zip(numbers, other.numbers) where mine != theirs {
      return Self.isLess(mine, theirs)
    }
    if preRelease.isEmpty || other.preRelease.isEmpty {
      return !preRelease.isEmpty && other.preRelease.isEmpty
    }
    for (mine, theirs) in zip(preRelease, other.preRelease) where mine != theirs {
      switch (Self.isNumber(mine), Self.isNumber(theirs)) {
      case (true, true): return Self.isLess(mine, theirs)
      case (true, false): return true
      case (false, true): return false
      case (false, false): return mine.utf8.lexicographicallyPrecedes(theirs.utf8)
      }
    }
    return preRelease.count < other.preRelease.count
  }

  private static func isNumber(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  private static func isLess(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
      ? left.utf8.lexicographicallyPrecedes(right.utf8) : left.utf8.count < right.utf8.count
  }

  private static func successor(_ number: String) -> String {
    var digits = Array(number.utf8)
    for index in digits.indices.reversed() {
      if digits[index] < UInt8(ascii: "9") {
        digits[index] += 1
        return String(decoding: digits, as: UTF8.self)
      }
      digits[index] = UInt8(ascii: "0")
    }
    return "1" + String(decoding: digits, as: UTF8.self)
  }
}
