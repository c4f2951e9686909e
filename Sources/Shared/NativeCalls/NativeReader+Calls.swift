internal import JSON

extension NativeReader {
  mutating func readCalls() -> [NativeFunction] {
    guard let items = root["calls"]?.array, (1...NativePlan.maxCalls).contains(items.count) else {
      wrong(
        "/calls", "it is no list of 1 to \(NativePlan.maxCalls) calls",
        "write each as \"{name: load, function: getloadavg, parameters: […], returns: int32}\"")
      return []
    }
    var calls: [NativeFunction] = []
    for (index, item) in items.enumerated() {
      guard let call = readCall(item, "/calls/\(index)") else { continue }
      if calls.contains(where: { $0.name == call.name }) || call.name == NativePlan.argumentsName {
        wrong("/calls/\(index)/name", "the name \(call.name) is taken", "give it another one")
      }
      calls.append(call)
    }
    return calls
  }

  private mutating func readCall(_ json: JSON, _ at: String) -> NativeFunction? {
    let known = ["name", "function", "parameters", "returns", "fails", "exits"]
    guard isObject(json, at, known),
      let function = name(json["function"], at + "/function"),
      let name = json["name"] == nil ? function : name(json["name"], at + "/name")
    else { return nil }
    if KnownFunctions.refused.contains(function) {
      unsafe(
        at + "/function", "\(function) is not called from here",
        "it has no bounds, runs programs, or takes the process apart: use another function, or a script"
      )
    }
    let parameters = json["parameters"]?.array ?? []
    if json["parameters"] != nil,
      json["parameters"]?.array == nil
        || parameters.count > NativePlan.maxParameters
    {
      wrong(
        at + "/parameters", "it is no list of at most \(NativePlan.maxParameters)",
        "write one element for each parameter of the function, in their order")
    }
    let arguments = readParameters(parameters, at + "/parameters")
    let returns = readReturn(json["returns"], at + "/returns")
    guard let fails: NativeFailure = word(json["fails"], at + "/fails", .never), let returns else {
      return nil
    }
    checkFailure(fails, returns, at + "/fails")
    if arguments.count == parameters.count {
      checkBounds(function, parameters, arguments, at + "/parameters")
    }
    return NativeFunction(
      name: name, function: function, arguments: arguments, returns: returns, fails: fails,
      exits: readExits(json["exits"], at + "/exits"))
  }

  // MARK: Parameters

  private mutating func readParameters(_ items: [JSON], _ at: String) -> [NativeArgument] {
    // Sizes refer to memory that may come later in the list.
    var memory: [String: NativeShape] = [:]
    var arguments: [NativeArgument?] = items.map { _ in nil }
    for (index, item) in items.enumerated() where item["out"] != nil {
      guard let argument = readOut(item, "\(at)/\(index)") else { continue }
      arguments[index] = argument
      if case .out(let name, let shape, _) = argument {
        if memory[name] != nil || name == "returned" || name == "errno" {
          wrong("\(at)/\(index)/name", "the name \(name) is taken", "give it another one")
        }
        memory[name] = shape
      }
    }
    for (index, item) in items.enumerated() where item["out"] == nil {
      arguments[index] = readIn(item, "\(at)/\(index)", memory)
    }
    return arguments.compactMap { $0 }
  }

  private mutating func readOut(_ json: JSON, _ at: String) -> NativeArgument? {
    guard isObject(json, at, ["name", "out", "size"]),
      let name = name(json["name"], at + "/name"), let out = json["out"],
      isObject(out, at + "/out", ["type", "array", "count", "text", "struct"]),
      let shape = shape(out, at + "/out")
    else { return nil }
    guard let size = json["size"] else {
      return .out(name: name, shape, bytes: shape.byteCount)
    }
    guard let bytes = count(size, at + "/size", 1...NativePlan.maxBufferBytes) else { return nil }
    if bytes < shape.byteCount {
      unsafe(
        at + "/size", "\(bytes) bytes are less than the \(shape.byteCount) that are read",
        "write what sizeof says in C")
      return nil
    }
    return .out(name: name, shape, bytes: bytes)
  }

  private mutating func readIn(
    _ json: JSON, _ at: String, _ memory: [String: NativeShape]
  ) -> NativeArgument? {
    if json["struct"] != nil { return readStructure(json, at) }
    guard isObject(json, at, ["type", "value", "argument", "sizeOf", "countOf"]) else { return nil }
    if json["type"] == "null" { return .null }
    guard let type: NativeType = word(json["type"], at + "/type", nil) else { return nil }
    let ways = ["value", "argument", "sizeOf", "countOf"].filter { json[$0] != nil }
    guard ways.count == 1 else {
      wrong(
        at, "its value comes from \(ways.isEmpty ? "nowhere" : ways.joined(separator: " and "))",
        "write one of value, argument, sizeOf and countOf")
      return nil
    }
    if json["argument"] != nil || json["value"] != nil {
      return given(json, type, at).map { .value($0) }
    }
    return number(json, type, at, memory)
  }

  /// A constant, or an argument of the call.
  private mutating func given(_ json: JSON, _ type: NativeType, _ at: String) -> NativeValue? {
    guard let pointer = json["argument"] else {
      return json["value"].flatMap { constant($0, type, at + "/value") }
    }
    guard let text = pointer.string, (try? JSONPointer(text)) != nil, text.hasPrefix("/") else {
      wrong(at + "/argument", "\(pointer.compact) is no pointer to an argument", "write /path")
      return nil
    }
    return .argument(type, pointer: text)
  }

  private mutating func readStructure(_ json: JSON, _ at: String) -> NativeArgument? {
    guard isObject(json, at, ["struct", "members"]), let members = value(json, at) else {
      return nil
    }
    let items = json["members"]?.array ?? []
    guard items.count == members.count else {
      wrong(
        at + "/members", "there are \(items.count) values for \(members.count) members",
        "write \"{value: V}\" or \"{argument: /path}\" for each, in the order of the struct")
      return nil
    }
    var values: [NativeValue] = []
    for (index, (item, member)) in zip(items, members).enumerated() {
      let place = "\(at)/members/\(index)"
      guard case .scalar(let type) = member.shape else {
        wrong(
          place, "the member \(member.name) is no single value", "pass such a struct by pointer")
        return nil
      }
      guard isObject(item, place, ["value", "argument"]) else { return nil }
      guard (item["value"] == nil) != (item["argument"] == nil) else {
        wrong(place, "its value comes from nowhere, or from two places", "write value or argument")
        return nil
      }
      guard let value = given(item, type, place) else { return nil }
      values.append(value)
    }
    return .structure(members, values)
  }

  /// The members of a struct that goes by value.
  private mutating func value(_ json: JSON, _ at: String) -> [NativeMember]? {
    let name = json["struct"]?.string ?? ""
    guard let shape = structs[name], case .structure(let members) = shape else {
      wrong(at + "/struct", "there is no struct \(name)", "describe it under \"structs\"")
      return nil
    }
    guard shape.byteCount <= NativePlan.maxValueBytes else {
      wrong(
        at + "/struct", "\(name) has \(shape.byteCount) bytes",
        "keep to \(NativePlan.maxValueBytes) by value, or pass it by pointer")
      return nil
    }
    return members
  }

  private mutating func number(
    _ json: JSON, _ type: NativeType, _ at: String, _ memory: [String: NativeShape]
  ) -> NativeArgument? {
    let way = json["sizeOf"] == nil ? "countOf" : "sizeOf"
    guard let shape = json[way]?.string.flatMap({ memory[$0] }) else {
      wrong(
        "\(at)/\(way)", "no parameter with \"out\" has this name",
        "write the name of one of this call")
      return nil
    }
    var number = shape.byteCount
    if way == "countOf" {
      guard case .array(_, let count) = shape else {
        wrong("\(at)/\(way)", "only an array has a count", "write sizeOf")
        return nil
      }
      number = count
    }
    guard type.holds(number) else {
      unsafe(
        at + "/type", "\(number) does not fit into \(type.rawValue)",
        "write the type that the function has there")
      return nil
    }
    return .number(type, number)
  }

  private mutating func constant(
    _ json: JSON, _ type: NativeType, _ at: String
  ) -> NativeValue? {
    switch type {
    case .float, .double:
      if let value = json.number { return .constant(type, .double(value.double)) }
    case .bool:
      if let value = json.bool { return .constant(type, .bool(value)) }
    case .string:
      if let text = json.string, !text.utf8.contains(0) { return .constant(type, .text(text)) }
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64:
      if let value = json.int, type.holds(value) { return .constant(type, .integer(value)) }
    }
    wrong(at, "\(json.compact) is no \(type.rawValue)", "write a value that fits")
    return nil
  }

  // MARK: Bounds

  /// What a function writes must be bounded: by a size that it is told, or by what is known of it.
  private mutating func checkBounds(
    _ function: String, _ items: [JSON], _ arguments: [NativeArgument], _ at: String
  ) {
    for (index, argument) in arguments.enumerated() {
      guard case .out(let name, let shape, let bytes) = argument else { continue }
      let place = "\(at)/\(index)"
      let sizer = items.firstIndex {
        $0["sizeOf"]?.string == name || $0["countOf"]?.string == name
      }
      if let wanted = KnownFunctions.bounded[function]?[index] {
        if sizer != wanted {
          unsafe(
            place, "\(function) writes as much as parameter \(wanted + 1) says",
            "make that one \"sizeOf: \(name)\" or \"countOf: \(name)\"")
        } else if function != "getloadavg", function != "getgroups", items[wanted]["sizeOf"] == nil
        {
          unsafe(
            "\(at)/\(wanted)", "\(function) takes a size in bytes", "write \"sizeOf: \(name)\"")
        } else if function == "getloadavg" || function == "getgroups",
          items[wanted]["countOf"] == nil
        {
          unsafe(
            "\(at)/\(wanted)", "\(function) takes a number of elements",
            "write \"countOf: \(name)\"")
        }
      } else if let least = KnownFunctions.writes[function]?[index] {
        if bytes < least {
          unsafe(
            place, "\(function) writes \(least) bytes here, and there are \(bytes)",
            "describe all of it, or write \"size: \(least)\"")
        }
      } else if items[index]["size"] == nil, sizer == nil || isStructure(shape) {
        unsafe(
          place, "nothing says how much \(function) writes here",
          "pass its size with \"sizeOf\", or write what sizeof says in C as \"size\"")
      }
    }
    checkConstants(function, items, arguments, at)
  }

  /// A number where a size belongs is one that nobody keeps in step with the memory.
  private mutating func checkConstants(
    _ function: String, _ items: [JSON], _ arguments: [NativeArgument], _ at: String
  ) {
    for (target, sizer) in KnownFunctions.bounded[function] ?? [:]
    where target < arguments.count && sizer < arguments.count {
      if case .out = arguments[target] { continue }
      if case .null = arguments[target] { continue }
      unsafe("\(at)/\(target)", "\(function) writes here", "write \"out\" with what lies there")
    }
    for target in (KnownFunctions.writes[function] ?? [:]).keys.sorted()
    where target < arguments.count {
      switch arguments[target] {
      case .out, .null: continue
      case .value, .number, .structure:
        unsafe("\(at)/\(target)", "\(function) writes here", "write \"out\" with what lies there")
      }
    }
  }

  private func isStructure(_ shape: NativeShape) -> Bool {
    if case .structure = shape { true } else { false }
  }

  // MARK: Results

  private mutating func readReturn(_ json: JSON?, _ at: String) -> NativeReturn? {
    if json == "void" { return .nothing }
    if json?.object == nil {
      guard let type: NativeType = word(json, at, nil) else { return nil }
      guard type != .string else {
        wrong(
          at, "whose memory the text is is not said",
          "write \"{type: string, owner: static}\", or \"owner: free\" if the caller has to free it"
        )
        return nil
      }
      return .scalar(type)
    }
    if let json, json["by"] != nil {
      guard isObject(json, at, ["struct", "by"]), json["by"] == "value" else {
        wrong(at + "/by", "it is returned by nothing that is known", "write \"by: value\"")
        return nil
      }
      return value(json, at).map { .structure($0) }
    }
    guard let json, isObject(json, at, ["type", "struct", "owner", "maxBytes"]),
      let owner: NativeOwner = word(json["owner"], at + "/owner", nil)
    else { return nil }
    if let name = json["struct"]?.string {
      guard let shape = structs[name] else {
        wrong(at + "/struct", "there is no struct \(name)", "describe it under \"structs\"")
        return nil
      }
      return .pointer(shape, owner: owner)
    }
    guard json["type"] == "string" else {
      wrong(at, "it points to nothing that is known", "write \"type: string\" or a struct")
      return nil
    }
    let limit = json["maxBytes"] ?? .int(4_096)
    return count(limit, at + "/maxBytes", 1...NativePlan.maxTextBytes).map {
      .text(owner: owner, maxBytes: $0)
    }
  }

  private mutating func checkFailure(
    _ fails: NativeFailure, _ returns: NativeReturn, _ at: String
  ) {
    let isRight =
      switch (fails, returns) {
      case (.never, _): true
      case (.null, .text), (.null, .pointer): true
      case (.negative, .scalar(let type)), (.errno, .scalar(let type)):
        type.isInteger && !type.rawValue.hasPrefix("u")
      case (.zero, .scalar(let type)), (.nonzero, .scalar(let type)):
        type.isInteger || type == .bool
      case (_, .nothing), (_, .text), (_, .pointer), (_, .structure), (.null, .scalar): false
      }
    if !isRight {
      wrong(
        at, "what it returns can never be \(fails.rawValue)",
        "write null for pointers, negative, zero or nonzero for numbers")
    }
  }

  private mutating func readExits(_ json: JSON?, _ at: String) -> [String: Int] {
    guard let json else { return [:] }
    guard let object = json.object else {
      wrong(at, "it is no mapping", "write \"{ENOENT: 3}\"")
      return [:]
    }
    var exits: [String: Int] = [:]
    for (name, value) in object.members {
      guard name.hasPrefix("E"), Self.isName(name) else {
        wrong(
          "\(at)/\(name)", "this is no name of an error", "write one of errno(3), such as ENOENT")
        continue
      }
      exits[name] = count(value, "\(at)/\(name)", 1...63)
    }
    return exits
  }

  mutating func readOutputs(_ calls: [NativeFunction]) -> [NativePlan.Output] {
    guard let object = root["output"]?.object, object.count <= NativePlan.maxOutputs else {
      wrong(
        "/output", "it is no mapping of at most \(NativePlan.maxOutputs) names",
        "write \"one: /load/averages/0\"")
      return []
    }
    var outputs: [NativePlan.Output] = []
    for (name, value) in object.members {
      guard let expression = expression(value) else {
        wrong(
          "/output/\(name)", "\(value.compact) is no way to a value",
          "write a pointer such as /load/returned, or {multiply: [/a/returned, /b/returned]};"
            + " add and subtract are there too")
        continue
      }
      for pointer in expression.pointers where !isKnown(pointer, calls) {
        wrong(
          "/output/\(name)", "\(pointer) leads to no call and none of its values",
          "begin with a call's name, and then returned, errno or the name of a parameter")
      }
      outputs.append(NativePlan.Output(name: name, expression: expression))
    }
    return outputs
  }

  private func expression(_ json: JSON) -> NativeExpression? {
    if let pointer = json.string { return .value(pointer) }
    guard let object = json.object, object.count == 1, let (word, value) = object.members.first,
      let items = value.array, items.count >= 2, items.count <= 8
    else { return nil }
    let pointers = items.compactMap(\.string)
    guard pointers.count == items.count else { return nil }
    switch word {
    case "add": return .add(pointers)
    case "subtract": return .subtract(pointers)
    case "multiply": return .multiply(pointers)
    default: return nil
    }
  }

  private func isKnown(_ text: String, _ calls: [NativeFunction]) -> Bool {
    guard let pointer = try? JSONPointer(text), let first = pointer.tokens.first else {
      return false
    }
    if first == NativePlan.argumentsName { return pointer.tokens.count > 1 }
    guard let call = calls.first(where: { $0.name == first }), pointer.tokens.count > 1 else {
      return false
    }
    let value = pointer.tokens[1]
    if value == "errno" { return true }
    if value == "returned" { return call.returns != .nothing }
    return call.arguments.contains {
      if case .out(value, _, _) = $0 { true } else { false }
    }
  }
}
