import Platform

/// The path of an executable of this package, built beside the tests.
package func builtProgram(_ name: String) throws -> String {
  try Files.directory(of: Machine.executable()) + "/" + name
}
