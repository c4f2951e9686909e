import JSON

/// One way in which a value that one schema admits is not admitted by another, or may not be.
struct Finding: Hashable {
  enum Kind: Hashable {
    /// These types are admitted by the first only.
    case types([String])
    /// The member at the place has to be there for the second only.
    case required
    /// The member at the place is admitted by the first only.
    case refused
    /// These values are admitted by the first only.
    case values([JSON])
    /// The second admits a few values only.
    case choice([JSON])
    /// A keyword bounds more in the second: its value there, and in the first if it has one.
    case bound(String, first: JSON?, second: JSON)
    /// What the keyword in the second does to the first cannot be decided.
    case undecided(String)
  }

  /// In the instance: `/unit`, `/list/*`.
  let place: JSONPointer
  let kind: Kind

  var isDecided: Bool {
    if case .undecided = kind { return false }
    return true
  }
}

extension Finding {
  /// What the finding means to the callers of a tool.
  enum Reading {
    /// The old arguments against the new ones: what is not taken any more.
    case argumentsNarrowed
    /// The new arguments against the old ones: what is taken now too.
    case argumentsWidened
    /// The new result against the old one: what may come now.
    case resultWidened
    /// The old result against the new one: what does not come any more.
    case resultNarrowed
  }

  func words(_ reading: Reading) -> String {
    switch (kind, reading) {
    case (.types(let types), .argumentsNarrowed): "takes no \(Self.list(types)) any more"
    case (.types(let types), .argumentsWidened): "takes \(Self.list(types)) too"
    case (.types(let types), .resultWidened): "may be \(Self.list(types)) now"
    case (.types(let types), .resultNarrowed): "is no \(Self.list(types)) any more"
    case (.required, .argumentsNarrowed): "is required now"
    case (.required, .argumentsWidened): "is not required any more"
    case (.required, .resultWidened): "may be absent now"
    case (.required, .resultNarrowed): "is always there now"
    case (.refused, .argumentsNarrowed): "is not taken any more"
    case (.refused, .argumentsWidened): "is taken now"
    case (.refused, .resultWidened): "may be there now, and callers were promised that it is not"
    case (.refused, .resultNarrowed): "is never there any more"
    case (.values(let values), .argumentsNarrowed): "does not take \(Self.list(values)) any more"
    case (.values(let values), .argumentsWidened): "takes \(Self.list(values)) too"
    case (.values(let values), .resultWidened): "may be \(Self.list(values)) now"
    case (.values(let values), .resultNarrowed): "is never \(Self.list(values)) any more"
    case (.choice(let values), .argumentsNarrowed): "takes nothing but \(Self.list(values)) now"
    case (.choice(let values), .argumentsWidened): "took nothing but \(Self.list(values))"
    case (.choice(let values), .resultWidened): "was one of \(Self.list(values)), and is free now"
    case (.choice(let values), .resultNarrowed): "is one of \(Self.list(values)) now"
    case (.bound(let keyword, let first, let second), .argumentsNarrowed),
      (.bound(let keyword, let first, let second), .resultNarrowed):
      Self.change(keyword, from: first, to: second)
    case (.bound(let keyword, let first, let second), .argumentsWidened),
      (.bound(let keyword, let first, let second), .resultWidened):
      Self.change(keyword, from: second, to: first)
    case (.undecided(let keyword), .argumentsNarrowed):
      "whether all that was taken still is cannot be told: \(keyword) differs"
    case (.undecided(let keyword), .resultWidened):
      "whether only what callers expect can come cannot be told: \(keyword) differs"
    case (.undecided(let keyword), .argumentsWidened), (.undecided(let keyword), .resultNarrowed):
      "\(keyword) differs"
    }
  }

  private static func change(_ keyword: String, from old: JSON?, to new: JSON?) -> String {
    switch (old, new) {
    case (let old?, let new?): "\(keyword) was \(text(old)), and is \(text(new))"
    case (nil, let new?): "\(keyword) is \(text(new)) now"
    case (let old?, nil): "\(keyword) was \(text(old)), and is gone"
    case (nil, nil): "\(keyword) differs"
    }
  }

  private static func list(_ words: [String]) -> String { words.joined(separator: " or ") }

  private static func list(_ values: [JSON]) -> String {
    let shown = values.prefix(10).map(text).joined(separator: ", ")
    return values.count > 10 ? shown + ", …" : shown
  }

  private static func text(_ value: JSON) -> String {
    let text = value.compact
    return text.count > 80 ? text.prefix(80) + "…" : text
  }
}
