/// How much a JSON text may ask of its reader. A text that asks for more is refused with the code
/// of the limit that it met; nothing of it is kept.
package struct JSONLimits: Sendable, Hashable {
  /// The length of the text (`json.limit.bytes`).
  package var maxBytes: Int
  /// Arrays and objects inside each other (`json.limit.depth`). Never more than `depthCeiling`.
  package var maxDepth: Int
  /// Characters of one number as written, its sign, point and exponent included
  /// (`json.limit.numberDigits`).
  package var maxNumberDigits: Int
  /// Values in the whole text (`json.limit.values`). A value of two bytes of text costs 24 bytes of
  /// memory and more, so a limit on bytes alone would not bound memory.
  package var maxValues: Int

  /// What no setting of `maxDepth` can exceed: comparing, writing and releasing a value recurse,
  /// and must fit the smallest stack that we run on, 512 KiB. Measured: up to 2 KiB a level in
  /// debug builds, 0.5 KiB in release builds.
  package static let depthCeiling = 192

  /// The greatest power of ten, and the smallest below zero, that the first digit of a number may
  /// have (`json.limit.exponent`), however the number is written. Sums of exponents and digit counts
  /// then stay far from the ends of `Int`.
  package static let exponentCeiling = 1_000_000_000_000_000

  package init(
    maxBytes: Int = 16 * 1024 * 1024, maxDepth: Int = 128, maxNumberDigits: Int = 1_000,
    maxValues: Int = 1_000_000
  ) {
    self.maxBytes = maxBytes
    self.maxDepth = maxDepth
    self.maxNumberDigits = maxNumberDigits
    self.maxValues = maxValues
  }
}
