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
  /// No memory, or no result that can be told.
  static let system: Int32 = 71
}

/// Why a call has no result, for standard error and the exit code.
struct NativeStop: Error {
  let code: Int32
  let message: String
}

/// The process of one call: reads the plan and the arguments, calls, prints the result as JSON.
enum NativeProcess {
  static func run(planPath: String) -> Never {
    do {
      let plan = try plan(planPath)
      let arguments = try JSON(parsing: input())
      let library = try library(plan)
      var values = JSONObject([(NativePlan.argumentsName, arguments)])
      for call in plan.calls {
        let foreign = try ForeignCall(call, arguments: arguments, library: library)
        values[call.name] = try foreign.call()
      }
      let output = try result(plan, JSON.object(values))
      try Descriptor(owning: 1).writeAll(output.bytes + [UInt8(ascii: "\n")])
      exit(0)
    } catch let stop as NativeStop {
      say(stop.message)
      exit(stop.code)
    } catch {
      say("\(error)")
      exit(NativeExit.system)
    }
  }

  private static func say(_ text: String) {
    try? Descriptor(owning: 2).writeAll(Array((text + "\n").utf8))
  }

  private static func plan(_ path: String) throws -> NativePlan {
    switch NativePlan.read(try JSON(parsing: try Files.read(path))) {
    case .success(let plan): return plan
    case .failure(let faults):
      throw NativeStop(
        code: NativeExit.system, message: faults.all.map { "\($0)" }.joined(separator: "\n"))
    }
  }

  private static func input() throws -> [UInt8] {
    let input = Descriptor(owning: 0)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try input.read(into: $0) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
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
