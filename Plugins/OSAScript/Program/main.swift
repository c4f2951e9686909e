// The osascript executor: runs a tool's script of AppleScript or JavaScript on a Mac, in the session
// of the user at the screen.
//
// The agent starts it without arguments. For trials elsewhere: --osascript PATH, --console-owner UID,
// --user UID, --launchctl PATH, --sudo PATH.

import OSAScript
import PluginKit

var options: [String: String] = [:]
var rest = CommandLine.arguments.dropFirst()
while let name = rest.popFirst() { options[name] = rest.popFirst() }

#if os(macOS)
  let isOffered = true
#else
  let isOffered = options["--osascript"] != nil
#endif
// Elsewhere it offers no executor, so that the agent says which one is missing there.
let server = try PluginServer(
  Plugin(
    name: "osascript", version: "1.0.0", executors: isOffered ? ["osascript"] : [],
    isolation: [.limits]))
if !isOffered { server.log("osascript is a program of macOS: nothing is offered here") }

var settings = OSAScriptExecutor.Settings()
if let program = options["--osascript"] { settings.program = program }
settings.consoleOwner = options["--console-owner"].flatMap { Int($0) }
if let user = options["--user"].flatMap({ Int($0) }) { settings.user = user }
if let program = options["--launchctl"] { settings.launchctl = program }
if let program = options["--sudo"] { settings.sudo = program }
try server.run(OSAScriptExecutor(server, settings))
