// The native executor: calls functions of the system's libraries, as a tool's "native" section says.
// Each call has a process of its own, whatever a function does to the process that it runs in: one that
// was forked ahead by the nursery, which is this program with the word "nursery"; or, where the tool asks
// for limits, another user or privileges, this program with the word "call".

import Platform
import PluginKit

if CommandLine.arguments.count == 2, CommandLine.arguments[1] == "nursery" {
  try NativeRun.held.confinement.holdThisProcess()
  // Loaded once here, for all that are forked.
  try NativeProcess.warmUp()
  try Nursery.serve(line: 0) { NativeProcess.serve($0) }
}
if CommandLine.arguments.count == 2, CommandLine.arguments[1] == "call" {
  NativeProcess.serveOne()
}
let server = try PluginServer(
  Plugin(
    name: "native", version: "1.0.0", executors: ["native"], inputs: [.stdin],
    isolation: [.limits, .runAs, .privileges]))
try server.run(try NativeExecutor(server))
