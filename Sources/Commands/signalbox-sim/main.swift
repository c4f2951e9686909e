import CommandLine
import Glibc

exit(SimulationProgram.program.run(Array(Swift.CommandLine.arguments.dropFirst())))
