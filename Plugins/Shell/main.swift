// The shell executor: runs a tool's script with /bin/sh, or with the interpreter that it names.

import PluginKit

let server = try PluginServer(
  Plugin(
    name: "shell", version: "1.0.0", executors: ["shell"], isolation: Plugin.Isolation.allCases))
try server.run(ShellExecutor(server))
