import CFFI
import NativeCalls

/// A struct as libffi is told of it, for one that goes by value. libffi's manual, "Structures".
final class ForeignStructure {
  let type: UnsafeMutablePointer<ffi_type>
  let byteCount: Int
  let alignment: Int
  private let elements: UnsafeMutablePointer<UnsafeMutablePointer<ffi_type>?>

  init(_ members: [NativeMember]) {
    let shape = NativeShape.structure(members)
    byteCount = shape.byteCount
    alignment = shape.alignment
    let types = members.flatMap { Self.types(of: $0.shape) }
    elements = .allocate(capacity: types.count + 1)
    for (index, type) in (types + [nil]).enumerated() {
      (elements + index).initialize(to: type)
    }
    type = .allocate(capacity: 1)
    type.initialize(
      to: ffi_type(size: 0, alignment: 0, type: UInt16(FFI_TYPE_STRUCT), elements: elements))
  }

  deinit {
    type.deallocate()
    elements.deallocate()
  }

  /// Where it is returned in registers, libffi stores whole ones.
  var resultBytes: Int { NativeShape.rounded(byteCount, to: 8) }

  /// Whether libffi has laid it out as it was described. To be asked once a call was prepared.
  var isAsDescribed: Bool {
    type.pointee.size == byteCount && Int(type.pointee.alignment) == alignment
  }

  /// libffi knows no arrays: their elements lie as members would.
  private static func types(of shape: NativeShape) -> [UnsafeMutablePointer<ffi_type>?] {
    switch shape {
    case .scalar(let type): [ForeignCall.foreign(type)]
    case .array(let type, let count): Array(repeating: ForeignCall.foreign(type), count: count)
    case .text(let bytes): Array(repeating: ForeignCall.foreign(.int8), count: bytes)
    case .structure(let members): members.flatMap { types(of: $0.shape) }
    }
  }
}
