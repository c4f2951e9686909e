// The native executor: calls functions of the system's libraries, as a tool's "native" section says.
// Each call is a process of its own, this program with the word "call": whatever a function does to
// the process that it runs in, nobody else is in it.

import PluginKit

if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "call" {
  NativeProcess.run(planPath: CommandLine.arguments[2])
}
let server = try PluginServer(
  Plugin(name: "native", version: "1.0.0", executors: ["native"], inputs: [.stdin]))
try server.run(try NativeExecutor(server))
