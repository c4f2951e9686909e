internal import CYAML

/// The events of one YAML stream with their marks, read through libyaml.
///
/// A class, because the parser keeps the address that it was given, and because its memory has to
/// be freed exactly once.
final class YAMLEvents {
  struct Event {
    enum Kind {
      case documentStart(hasDirective: Bool)
      /// Of the anchor with this name.
      case alias(String)
      case scalar(String, Node.Style)
      case sequenceStart
      case mappingStart
      case collectionEnd
      case streamEnd
      /// An end of a document, which carries nothing.
      case documentEnd
    }

    let kind: Kind
    let position: Position
    let anchor: String?
    let tag: String?

    var hasAnchor: Bool { anchor != nil }
  }

  /// What libyaml could not read.
  struct SyntaxError: Error {
    let position: Position
    let problem: String
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8]) {
    parser = .allocate(capacity: 1)
    input = .allocate(capacity: bytes.count)
    _ = input.initialize(from: bytes)
    // yaml_parser_initialize: "Returns 1 if the function succeeded, 0 on error", where the only
    // error is memory that ran out.
    precondition(yaml_parser_initialize(parser) == 1, "no memory for a YAML parser")
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    // "The input buffer must remain valid until the parser is deleted": hence the copy.
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// - Note: "An application must not alternate the calls of yaml_parser_parse() with the calls of
  ///   yaml_parser_scan()", and must not call it after an error or the stream's end.
  func next() throws(SyntaxError) -> Event {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError }
      defer { yaml_event_delete(&event) }
      if let read = Self.read(event) { return read }
    }
  }

  private var syntaxError: SyntaxError {
    let error = parser.pointee
    let problem = error.problem.map { String(cString: $0) } ?? "it cannot be read"
    guard let context = error.context else {
      return SyntaxError(position: Position(error.problem_mark), problem: problem)
    }
    let begun = Position(error.context_mark)
    return SyntaxError(
      position: Position(error.problem_mark),
      problem: "\(problem), \(String(cString: context)) that began at \(begun.line):\(begun.column)"
    )
  }

  private static func text(_ chars: UnsafeMutablePointer<yaml_char_t>) -> String {
    String(decodingCString: chars, as: UTF8.self)
  }

  /// - Returns: `nil` for events that carry nothing.
  private static func read(_ event: yaml_event_t) -> Event? {
    let position = Position(event.start_mark)
    func made(
      _ kind: Event.Kind, anchor: UnsafeMutablePointer<yaml_char_t>? = nil,
      tag: UnsafeMutablePointer<yaml_char_t>? = nil
    ) -> Event {
      Event(
        kind: kind, position: position, anchor: anchor.map(Self.text), tag: tag.map(Self.text))
    }
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      let start = event.data.document_start
      let hasTags = start.tag_directives.start != start.tag_directives.end
      return made(.documentStart(hasDirective: start.version_directive != nil || hasTags))
    case YAML_DOCUMENT_END_EVENT: return made(.documentEnd)
    case YAML_STREAM_END_EVENT: return made(.streamEnd)
    case YAML_ALIAS_EVENT: return made(.alias(event.data.alias.anchor.map(Self.text) ?? ""))
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return made(
        .scalar(text, Node.Style(scalar.style)), anchor: scalar.anchor, tag: scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      return made(.sequenceStart, anchor: start.anchor, tag: start.tag)
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      return made(.mappingStart, anchor: start.anchor, tag: start.tag)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return made(.collectionEnd)
    default: return nil
    }
  }
}

extension Position {
  /// libyaml counts lines and columns from 0.
  init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}

extension Node.Style {
  init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_LITERAL_SCALAR_STYLE: self = .literal
    case YAML_FOLDED_SCALAR_STYLE: self = .folded
    case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .quoted
    default: self = .plain
    }
  }
}
