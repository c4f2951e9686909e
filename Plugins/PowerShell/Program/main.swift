// The PowerShell executor: runs a tool's script in a warm host of PowerShell 7 or Windows PowerShell.
//
// The agent starts it without arguments. By hand: --program PATH, --host-script PATH, --max-calls N.

import Platform
import PluginKit
import PowerShell

var options: [String: String] = [:]
var rest = CommandLine.arguments.dropFirst()
while let name = rest.popFirst() { options[name] = rest.popFirst() }

let program = options["--program"] ?? PowerShellPrograms.installed()
// An executor without its program would only refuse calls: it is not offered then, so that the agent
// says what is missing.
let server = try PluginServer(
  Plugin(
    name: "powershell", version: "1.0.0", executors: program == nil ? [] : ["powershell"],
    isolation: Plugin.Isolation.allCases))
if program == nil { server.log("no PowerShell in the usual places: install PowerShell 7") }

// Nothing is put on the disk where no call can come.
let directory = program == nil ? nil : try HostDirectory.make()
var settings = PowerShellExecutor.Settings(program: program ?? "")
settings.hostScript = options["--host-script"]
if let count = options["--max-calls"].flatMap({ Int($0) }) { settings.maxCalls = count }
let executor = try PowerShellExecutor(server, settings, directory: directory?.path)
try server.run(executor)
directory?.remove()
