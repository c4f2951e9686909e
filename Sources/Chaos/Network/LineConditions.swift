/// What a line does to the bytes that go over it, in both directions unless it says otherwise.
package struct LineConditions: Sendable, Hashable {
  /// A way that bytes go, seen from who dialled.
  package enum Direction: Sendable, Hashable {
    case outward
    case homeward
  }

  /// Between a byte's arrival and its departure.
  package var delay: Duration = .zero
  /// Nothing is taken: both ends fill their buffers and wait.
  package var isStalled = false
  /// What goes this way is taken and gone, as behind a firewall that forgot the connection. The
  /// connections that lost bytes are cut when the line heals, since no TCP would skip any.
  package var swallows: Direction?
  /// Both directions together; `nil` is as fast as it goes.
  package var bytesPerSecond: Int?
  /// One bit is flipped in every so many bytes, at random places.
  package var bytesPerFlip: Int?

  package init() {}
}
