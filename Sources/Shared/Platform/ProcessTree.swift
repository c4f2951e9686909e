internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

#if os(Linux)
  /// A look at the tree of processes, from `/proc`. Old as soon as it is taken.
  package enum ProcessTree {
    package struct Entry: Sendable, Hashable {
      package let id: Int
      package let parent: Int
      package let group: Int
      /// Ticks since the machine started: with the id, it names a process for good.
      package let startTicks: Int
      /// It has ended with all its threads, and nobody has waited for it yet.
      package let isDead: Bool

      /// Signals this process, and not one that got its number later.
      package func signal(_ number: Int32) {
        // pidfd_open(2): from here on the number stands for what it stands for now, so if it still
        // is the process that we saw, the signal goes to that one or to nobody.
        let handle = signalbox_pidfd_open(pid_t(id))
        guard handle >= 0 else { return }
        let owned = Descriptor(owning: handle)
        guard ProcessTree.entry(id)?.startTicks == startTicks else { return }
        _ = signalbox_pidfd_signal(owned.number, number)
      }
    }

    /// All descendants, parents before their children.
    package static func descendants(of root: Int) -> [Entry] {
      var found: [Entry] = []
      var seen: Set<Int> = [root]
      var next = children(of: root)
      while let id = next.popLast() {
        guard seen.insert(id).inserted, let entry = entry(id) else { continue }
        found.append(entry)
        next += children(of: id)
      }
      return found
    }

    /// The direct children of every thread of `id`.
    package static func children(of id: Int) -> [Int] {
      let threads = (try? Files.list("/proc/\(id)/task")) ?? []
      return threads.flatMap { thread -> [Int] in
        let bytes = (try? Files.read("/proc/\(id)/task/\(thread)/children", limit: 1 << 20)) ?? []
        return bytes.split(separator: 0x20).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
      }
    }

    /// The process that had this id and began then; `nil` when it is gone, also when another one
    /// has its number now.
    package static func entry(_ id: Int, startTicks: Int) -> Entry? {
      guard let entry = entry(id), entry.startTicks == startTicks, !entry.isDead else { return nil }
      return entry
    }

    package static func entry(_ id: Int) -> Entry? {
      guard let bytes = try? Files.read("/proc/\(id)/stat", limit: 4_096),
        // proc(5): the name may contain anything, and ends at the last parenthesis.
        let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
      else { return nil }
      let fields = bytes[(nameEnd + 1)...].split(separator: 0x20).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard fields.count > 19, let parent = Int(fields[1]), let group = Int(fields[2]),
        let start = Int(fields[19])
      else { return nil }
      return Entry(
        id: id, parent: parent, group: group, startTicks: start,
        // The first thread may have ended, and others hold what it had open.
        isDead: (fields[0] == "Z" || fields[0] == "X") && Int(fields[17]) ?? 0 <= 1)
    }
  }

  extension Machine {
    /// Orphans of our descendants become our children from now on, and not init's.
    package static func becomeSubreaper() throws(SystemError) {
      _ = try retried("become a subreaper") { signalbox_become_subreaper() }
    }
  }
#endif
