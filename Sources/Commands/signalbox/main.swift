import CommandLine
import Platform

Signals.ignoreBrokenPipe()
quit(Program(signalboxCommand).run(Array(Swift.CommandLine.arguments.dropFirst())))
