/// The items of a library in their order, as an importer read them.
struct ItemCollector {
  enum Outcome {
    case imported(Imported)
    case refused(ItemRefusal)
  }

  struct Entry {
    let source: String
    /// Which of several items of its file.
    let part: String?
    let outcome: Outcome

    /// For people: what an item is called may be as long as its file.
    var shownPart: String? { part?.cut(to: 200) }
  }

  private(set) var entries: [Entry] = []
  private(set) var notes: [Remark] = []

  mutating func add(_ source: String, part: String?, _ outcome: Outcome) {
    entries.append(Entry(source: source, part: part, outcome: outcome))
  }

  mutating func refuse(_ source: String, part: String?, _ refusal: ItemRefusal) {
    add(source, part: part, .refused(refusal))
  }

  mutating func note(_ remark: Remark) { notes.append(remark) }
}
