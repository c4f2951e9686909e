import CommandLine
import Glibc

exit(AgentProgram.program.run(Array(Swift.CommandLine.arguments.dropFirst())))
