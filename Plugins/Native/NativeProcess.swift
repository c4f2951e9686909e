import JSON
import NativeCalls
import Platform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a native call's process exits when it is not the function that decides.
enum NativeExit {
  static let functionFailed: Int32 = 1
  /// An argument of the call does not fit its C type.
  static let badArgument: Int32 = 65
  /// The library or the function is not on this machine.
  static let missing: Int32 = 69
  /// No memory, no directory, or no result that can be told.
  static let system: Int32 = 71
}

/// Why a call has no result, for standard error and the exit code.
struct NativeStop: Error {
  let code: Int32
  let message: String
}

/// What is asked, as far as it can be read before anything may be called: not even a library is opened,
/// because that calls what it has for its beginning.
struct NativeWork {
  /// Or why there is nothing to call.
  let parts: Result<(plan: NativePlan, arguments: JSON), any Error>

  var isStateless: Bool { (try? parts.get().plan.isStateless) ?? false }

  /// Enters the call's directory.
  init(_ request: NativeRequest) {
    parts = Result {
      try Files.enter(request.directory)
      return (try Self.plan(request.plan), try JSON(parsing: Array(request.input.utf8)))
    }
  }

  private static func plan(_ text: String) throws -> NativePlan {
    switch NativePlan.read(try JSON(parsing: Array(text.utf8))) {
    case .success(let plan): return plan
    case .failure(let faults):
      throw NativeStop(
        code: NativeExit.system, message: faults.all.map { "\($0)" }.joined(separator: "\n"))
    }
  }
}

/// What the process of one call does: reads the plan and the arguments, calls, tells the result as JSON.
enum NativeProcess {
  static let environment: [(name: String, value: String)] = [
    ("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("SWIFT_BACKTRACE", "enable=no"),
  ]

  /// Waits for the call that this process is for, and serves it; and further ones, if those leave nothing
  /// behind and it is as it was before.
  static func serve(_ channel: borrowing Descriptor) -> Never {
    do {
      // A forked process pays for each page that it touches first: now, while nobody waits.
      try warmUp()
      let standing = try? ForkedWorker.standing()
      while true {
        let before = ForkedWorker.usage
        let work = NativeWork(try NativeRequest.read(from: channel))
        _ = try channel.readExactly(1)
        let reply = answer(work, since: before)
        try channel.writeAll(reply.bytes)
        guard work.isStateless, reply.code == 0 else { break }
        // Nobody waits for this any more.
        guard reply.escapedKilled == 0, let standing,
          (try? ForkedWorker.standing()) == standing
        else {
          ForkedWorker.leave(0)
        }
        try channel.writeAll([NativeReply.ready])
      }
      // To end takes longer than a call, and on a busy machine the plugin would wait for it.
      try channel.waitUntilReadable()
      ForkedWorker.leave(0)
    } catch {
      // Nobody asked, or nobody listens any more.
      ForkedWorker.leave(NativeExit.system)
    }
  }

  /// Serves the call that stands in standard input, as a program does that was started for it: the result
  /// on standard output, or what went wrong on standard error and as the exit code.
  static func serveOne() -> Never {
    do {
      // Before anything is called: a function may close what it likes.
      let output = try Descriptor.standard(1)
      let errors = try Descriptor.standard(2)
      var reply: NativeReply
      do {
        reply = perform(NativeWork(try takeRequest()))
      } catch {
        reply = NativeReply(code: Int(NativeExit.system), message: "\(error)")
      }
      // What a function printed comes first.
      fflush(nil)
      do throws(SystemError) {
        try output.setNonblocking(false)
        try output.writeAll(reply.output)
      } catch {
        reply.code = Int(NativeExit.system)
        reply.message += "the result could not be written: \(error)\n"
      }
      try errors.setNonblocking(false)
      try errors.writeAll(Array(reply.message.utf8))
      ForkedWorker.leave(Int32(reply.code))
    } catch {
      // Nobody listens any more.
      ForkedWorker.leave(NativeExit.system)
    }
  }

  /// Reads standard input, and leaves nothing of it to what a function starts.
  private static func takeRequest() throws -> NativeRequest {
    let input = try Descriptor.standard(0)
    let request = try NativeRequest(text: try input.readExactly(try input.status().size))
    let null = try Files.open("/dev/null", .read)
    guard dup2(null.number, 0) == 0 else { throw SystemError.last("dup2") }
    return request
  }

  /// Does all that a call does, with a function that does nothing. To be called by a process without
  /// children.
  static func warmUp() throws {
    var pipe = try Pipe()
    let request = NativeRequest(
      plan: """
        {"library":{"linux":"libc.so.6"},
         "calls":[{"name":"a","function":"getppid","parameters":[],"returns":"int32"}],
         "output":{"a":"/a/returned"}}
        """, input: "{}", directory: "/")
    try pipe.takeWriteEnd().writeAll(request.bytes)
    let work = NativeWork(try NativeRequest.read(from: pipe.takeReadEnd()))
    _ = answer(work, since: ForkedWorker.usage).bytes
  }

  private static func answer(
    _ work: NativeWork, since before: ForkedWorker.Usage
  ) -> NativeReply {
    var reply = perform(work)
    // What a function printed is in the C library's buffers until now.
    fflush(nil)
    reply.escapedKilled = ForkedWorker.killDescendants()
    let usage = ForkedWorker.usage
    reply.cpuUser = usage.cpuUser - before.cpuUser
    reply.cpuSystem = usage.cpuSystem - before.cpuSystem
    reply.peakMemoryBytes = usage.peakMemoryBytes
    return reply
  }

  private static func perform(_ work: NativeWork) -> NativeReply {
    do {
      let (plan, arguments) = try work.parts.get()
      let library = try library(plan)
      var values = JSONObject([(NativePlan.argumentsName, arguments)])
      for call in plan.calls {
        let foreign = try ForeignCall(call, arguments: arguments, library: library)
        values[call.name] = try foreign.call()
      }
      let output = try result(plan, JSON.object(values))
      return NativeReply(code: 0, output: output.bytes + [UInt8(ascii: "\n")])
    } catch let stop as NativeStop {
      return NativeReply(code: Int(stop.code), message: stop.message)
    } catch {
      return NativeReply(code: Int(NativeExit.system), message: "\(error)")
    }
  }

  private static func library(_ plan: NativePlan) throws -> UnsafeMutableRawPointer {
    let name = plan.libraries[Machine.platform] ?? ""
    // dlopen(3): RTLD_NOW, so that what the library lacks shows before anything is called.
    if let handle = dlopen(name, RTLD_NOW) { return handle }
    let why = dlerror().map { String(cString: $0) } ?? "no reason was given"
    throw NativeStop(
      code: NativeExit.missing, message: "no library \(name) on this machine: \(why)")
  }

  private static func result(_ plan: NativePlan, _ values: JSON) throws -> JSON {
    var result = JSONObject()
    for output in plan.outputs {
      switch output.expression {
      case .value(let pointer): result[output.name] = value(pointer, values)
      case .add(let pointers):
        result[output.name] = try combined(output.name, pointers, values) {
          $0.addingReportingOverflow($1)
        }
      case .subtract(let pointers):
        result[output.name] = try combined(output.name, pointers, values) {
          $0.subtractingReportingOverflow($1)
        }
      case .multiply(let pointers):
        result[output.name] = try combined(output.name, pointers, values) {
          $0.multipliedReportingOverflow(by: $1)
        }
      }
    }
    return .object(result)
  }

  private static func value(_ pointer: String, _ values: JSON) -> JSON {
    (try? JSONPointer(pointer))?.value(in: values) ?? .null
  }

  private static func combined(
    _ name: String, _ pointers: [String], _ values: JSON,
    _ step: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) throws -> JSON {
    var total: Int?
    for pointer in pointers {
      guard let number = value(pointer, values).int else {
        throw NativeStop(
          code: NativeExit.system, message: "\(name): \(pointer) is no whole number to reckon with")
      }
      guard let before = total else {
        total = number
        continue
      }
      let (next, overflow) = step(before, number)
      guard !overflow else {
        throw NativeStop(code: NativeExit.system, message: "\(name) is beyond 64 bits")
      }
      total = next
    }
    return total.map(JSON.int) ?? .null
  }
}
