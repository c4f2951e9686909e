internal import JSON

/// Reads a native section and refuses what could touch memory that is not its own.
struct NativeReader {
  let root: JSON
  var faults: [NativeFault] = []
  var structs: [String: NativeShape] = [:]

  init(_ json: JSON) { root = json }

  mutating func plan() -> NativePlan? {
    guard isObject(root, "", ["library", "structs", "calls", "output", "stateless"]) else {
      return nil
    }
    let libraries = readLibraries()
    readStructs()
    let calls = readCalls()
    let outputs = readOutputs(calls)
    return NativePlan(
      libraries: libraries, calls: calls, outputs: outputs, isStateless: readStateless(calls))
  }

  // MARK: Saying what is wrong

  mutating func wrong(_ pointer: String, _ message: String, _ remedy: String) {
    faults.append(NativeFault(kind: .shape, pointer: pointer, message: message, remedy: remedy))
  }

  mutating func unsafe(_ pointer: String, _ message: String, _ remedy: String) {
    faults.append(NativeFault(kind: .memory, pointer: pointer, message: message, remedy: remedy))
  }

  /// An object with no other members than these.
  mutating func isObject(_ json: JSON, _ pointer: String, _ known: [String]) -> Bool {
    guard let object = json.object else {
      wrong(pointer, "\(json.typeName) is no mapping", "write \(known.joined(separator: ", "))")
      return false
    }
    for key in object.keys where !known.contains(key) {
      wrong(
        pointer + "/" + key, "there is no field \"\(key)\" here",
        "the fields are \(known.joined(separator: ", "))")
    }
    return true
  }

  mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ json: JSON?, _ pointer: String, _ standard: Word?
  ) -> Word? {
    if json == nil, let standard { return standard }
    if let word = json?.string.flatMap(Word.init) { return word }
    let all = Word.allCases.map(\.rawValue).joined(separator: ", ")
    wrong(pointer, "\(json?.compact ?? "nothing") is none of its words", "write one of \(all)")
    return nil
  }

  mutating func count(_ json: JSON?, _ pointer: String, _ range: ClosedRange<Int>) -> Int? {
    if let count = json?.int, range.contains(count) { return count }
    wrong(
      pointer,
      "\(json?.compact ?? "nothing") is no number of \(range.lowerBound) to \(range.upperBound)",
      "write a whole number between the two")
    return nil
  }

  mutating func name(_ json: JSON?, _ pointer: String) -> String? {
    if let name = json?.string, Self.isName(name) { return name }
    wrong(pointer, "\(json?.compact ?? "nothing") is no name", "write letters, digits and \"_\"")
    return nil
  }

  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128 && !(text.utf8.first.map(isDigit) ?? true)
      && text.utf8.allSatisfy { isDigit($0) || $0 == 0x5F || (0x61...0x7A).contains($0 | 0x20) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  // MARK: Libraries and structs

  private mutating func readLibraries() -> [String: String] {
    guard let json = root["library"], isObject(json, "/library", ["linux", "macos"]) else {
      if root["library"] == nil {
        wrong("", "there is no library", "add \"library: {linux: libc.so.6}\"")
      }
      return [:]
    }
    var libraries: [String: String] = [:]
    for (platform, value) in json.object?.members ?? [] {
      let text = value.string ?? ""
      // A name is looked up in the system's directories only; a path must be whole.
      let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      guard !text.isEmpty, isPlain, text.hasPrefix("/") || !text.utf8.contains(0x2F) else {
        wrong(
          "/library/" + platform, "\(value.compact) is no library",
          "write its name, such as libc.so.6, or an absolute path")
        continue
      }
      libraries[platform] = text
    }
    if libraries.isEmpty {
      wrong("/library", "no platform has a library", "add \"linux: libc.so.6\"")
    }
    return libraries
  }

  private mutating func readStateless(_ calls: [NativeFunction]) -> Bool {
    guard let json = root["stateless"] else { return false }
    guard case .bool(let isStateless) = json else {
      wrong("/stateless", "\(json.compact) is no boolean", "write true, or leave it out")
      return false
    }
    let stateful = calls.first { KnownFunctions.stateful.contains($0.function) }
    if isStateless, let stateful {
      wrong(
        "/stateless", "what \(stateful.function) does lasts beyond the call",
        "leave it out: then each call has a process of its own")
    }
    return isStateless
  }

  private mutating func readStructs() {
    guard let json = root["structs"] else { return }
    guard let object = json.object, object.count <= NativePlan.maxStructs else {
      wrong(
        "/structs", "it is no mapping of at most \(NativePlan.maxStructs) names to members",
        "write \"timespec: [{name: seconds, type: int64}]\"")
      return
    }
    for (key, value) in object.members {
      let place = "/structs/" + key
      guard let items = value.array, (1...NativePlan.maxMembers).contains(items.count) else {
        wrong(
          place, "it is no list of 1 to \(NativePlan.maxMembers) members",
          "write each as \"{name: seconds, type: int64}\"")
        continue
      }
      structs[key] = .structure(readMembers(items, place))
    }
  }

  private mutating func readMembers(_ items: [JSON], _ place: String) -> [NativeMember] {
    var members: [NativeMember] = []
    var end = 0
    for (index, item) in items.enumerated() {
      let at = "\(place)/\(index)"
      guard isObject(item, at, ["name", "type", "array", "count", "text"]),
        let name = name(item["name"], at + "/name"), let shape = shape(item, at, isMember: true)
      else { continue }
      let offset = NativeShape.rounded(end, to: shape.alignment)
      members.append(NativeMember(name: name, shape: shape, offset: offset))
      end = offset + shape.byteCount
    }
    return members
  }

  /// `{type: T}`, `{array: T, count: N}`, `{text: N}` or `{struct: NAME}`.
  mutating func shape(_ json: JSON, _ at: String, isMember: Bool = false) -> NativeShape? {
    if let type = json["type"] {
      let read: NativeType? = word(type, at + "/type", nil)
      if read == .string, !isMember {
        unsafe(
          at, "where a pointer is written to is not known to be text",
          "have the function return it, or take it as text of a known size")
        return nil
      }
      return read.map { .scalar($0) }
    }
    if json["array"] != nil {
      guard let type: NativeType = word(json["array"], at + "/array", nil),
        let count = count(json["count"], at + "/count", 1...65_536)
      else { return nil }
      guard type != .string else {
        wrong(at, "an array of strings is not read", "read the strings one by one")
        return nil
      }
      return bounded(.array(type, count: count), at)
    }
    if json["text"] != nil {
      return count(json["text"], at + "/text", 1...NativePlan.maxBufferBytes).map {
        .text(bytes: $0)
      }
    }
    if !isMember, let name = json["struct"]?.string, let shape = structs[name] { return shape }
    wrong(
      at, "what lies there is not said",
      "write type, array and count, text, or the name of a struct under \"structs\"")
    return nil
  }

  private mutating func bounded(_ shape: NativeShape, _ at: String) -> NativeShape? {
    if shape.byteCount <= NativePlan.maxBufferBytes { return shape }
    wrong(at, "it takes \(shape.byteCount) bytes", "keep to \(NativePlan.maxBufferBytes)")
    return nil
  }
}
