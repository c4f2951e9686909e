internal import CPlatform

/// CRC-32C (Castagnoli): finds what a disk or a power cut did to bytes, and no forgery.
package struct Checksum: Sendable, Hashable {
  /// Of the bytes so far.
  package private(set) var value: UInt32 = 0

  package init() {}

  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    signalbox_crc32c(0, bytes.baseAddress, bytes.count)
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = signalbox_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// Without the processor's instruction for it: for the comparison of both.
  package static func inSoftware(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    signalbox_crc32c_in_software(0, bytes.baseAddress, bytes.count)
  }
}
