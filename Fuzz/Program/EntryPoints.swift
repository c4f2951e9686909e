import Glibc

// What libFuzzer's own `main` calls (https://llvm.org/docs/LibFuzzer.html):
//
//   signalbox-fuzz --target=NAME [libFuzzer's options] [CORPUS…]
//   signalbox-fuzz --seeds=NAME FOLDER
//
// The target is an option and no word, because libFuzzer passes over options with two dashes, and
// hands all of them on to the processes that it starts itself.

/// Written once, before the first input.
nonisolated(unsafe) private var chosen = FuzzTarget.json

@_cdecl("LLVMFuzzerInitialize")
func chooseTarget(
  _ count: UnsafePointer<CInt>, _ arguments: UnsafePointer<UnsafePointer<UnsafePointer<CChar>>>
) -> CInt {
  let words = (0..<Int(count.pointee)).map { String(cString: arguments.pointee[$0]) }
  if let name = words.value(of: "seeds") {
    do {
      try Seeds.write(target(name), to: words[words.count - 1])
    } catch {
      print("signalbox-fuzz: \(error)")
      exit(73)
    }
    exit(0)
  }
  chosen = target(words.value(of: "target") ?? "")
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func take(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  chosen.take(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}

private func target(_ name: String) -> FuzzTarget {
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    print("signalbox-fuzz: there is no target \"\(name)\"; the targets are \(names)")
    exit(64)
  }
  return target
}

extension [String] {
  fileprivate func value(of option: String) -> String? {
    let prefix = "--\(option)="
    return first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }
}
