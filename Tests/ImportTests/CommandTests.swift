import Catalog
import Imports
import JSON
import Platform
import Support
import Testing

/// The program itself, on real files.
@Suite struct ImportCommandTests {
  struct Ended {
    let code: Int
    let stdout: String
    let stderr: String
  }

  private func signalbox(_ arguments: String..., in directory: String) throws -> Ended {
    try signalbox(arguments, in: directory)
  }

  private func signalbox(_ arguments: [String], in directory: String) throws -> Ended {
    let program = try builtProgram("signalbox")
    let name = "run-\(UInt32.random(in: 0...UInt32.max))"
    let stdin = try Files.open("/dev/null", .read)
    let stdout = try Files.open("\(directory)/\(name).out", .createNew)
    let stderr = try Files.open("\(directory)/\(name).err", .createNew)
    let child = try ChildProcess.spawn(
      Launch(
        program, arguments: [program, "tools", "import"] + arguments,
        environment: [("PATH", "/bin")],
        directory: directory), stdin: stdin, stdout: stdout, stderr: stderr)
    let exit = try child.wait()
    var code = -1
    if case .exit(let number) = exit.how { code = number }
    return Ended(
      code: code,
      stdout: String(decoding: try Files.read("\(directory)/\(name).out"), as: UTF8.self),
      stderr: String(decoding: try Files.read("\(directory)/\(name).err"), as: UTF8.self))
  }

  private static let documents = "\(Fixture.folder)/Fixtures/ssm/documents"

  private func write(_ text: String, to path: String) throws {
    try Files.makeDirectories(Files.directory(of: path))
    try Files.writeAtomically(Array(text.utf8), to: path)
  }

  private static let fine =
    #"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"a","inputs":{"runCommand":["id"]}}]}"#

  @Test("definitions are written once, kept without --force, and replaced with it")
  func overwriting() throws {
    try withTemporaryDirectory { directory in
      try write(Self.fine, to: "\(directory)/in/Fine.json")
      let first = try signalbox("ssm", "in/Fine.json", "--out", "out/deep", in: directory)
      #expect(first.code == 0, "\(first.stderr)")
      let path = "\(directory)/out/deep/ssm.fine.yaml"
      #expect(Catalog.load(directory: "\(directory)/out").errors.isEmpty)
      #expect(try signalbox("ssm", "in", "--out", "out/deep", in: directory).code == 0)
      try write("mine\n", to: path)
      let kept = try signalbox("ssm", "in", "--out", "out/deep", in: directory)
      #expect(kept.code == 73)
      #expect(kept.stdout.contains("kept"))
      #expect(try Files.read(path) == Array("mine\n".utf8))
      #expect(try signalbox("ssm", "in", "--out", "out/deep", "--force", in: directory).code == 0)
      #expect(try Files.read(path) != Array("mine\n".utf8))
    }
  }

  @Test("a link is not written through without --force")
  func links() throws {
    try withTemporaryDirectory { directory in
      try write(Self.fine, to: "\(directory)/Fine.json")
      try Files.makeDirectories("\(directory)/out")
      try makeLink("\(directory)/out/ssm.fine.yaml", to: "\(directory)/elsewhere")
      #expect(try signalbox("ssm", "Fine.json", "--out", "out", in: directory).code == 73)
      #expect(!Files.exists("\(directory)/elsewhere"))
      #expect(try signalbox("ssm", "Fine.json", "--out", "out", "--force", in: directory).code == 0)
      #expect(!Files.exists("\(directory)/elsewhere"))
    }
  }

  @Test("a dry run writes nothing, and says the same")
  func dryRun() throws {
    try withTemporaryDirectory { directory in
      let dry = try signalbox("ssm", Self.documents, "--dry-run", in: directory)
      #expect(dry.code == 65)
      #expect(dry.stdout.contains("nothing was written"))
      #expect(!Files.exists("\(directory)/out"))
      let real = try signalbox("ssm", Self.documents, "--out", "out", in: directory)
      #expect(real.code == 65)
      let loading = Catalog.load(directory: "\(directory)/out")
      #expect(loading.errors.isEmpty)
      #expect(loading.tools.count > 20)
      #expect(try Files.list("\(directory)/out").count == loading.tools.count)
    }
  }

  @Test("the report is JSON or Markdown by its name, and never overwritten unasked")
  func report() throws {
    try withTemporaryDirectory { directory in
      let run = try signalbox(
        "ssm", Self.documents, "--out", "out", "--report", "r.json", "--json", in: directory)
      let file = try JSON(parsing: Files.read("\(directory)/r.json"))
      #expect(try JSON(parsing: run.stdout) == file)
      #expect(file["format"]?.int == 1)
      let again = try signalbox(
        "ssm", Self.documents, "--out", "out", "--report", "r.json", in: directory)
      #expect(again.code == 73)
      #expect(again.stderr.contains("--force"))
      _ = try signalbox("ssm", Self.documents, "--dry-run", "--report", "r.md", in: directory)
      #expect(
        String(decoding: try Files.read("\(directory)/r.md"), as: UTF8.self).hasPrefix(
          "# Import of"))
    }
  }

  @Test("what cannot be read or said is told with its exit status")
  func failures() throws {
    try withTemporaryDirectory { directory in
      #expect(try signalbox("ssm", "nowhere", "--out", "out", in: directory).code == 66)
      #expect(try signalbox("ssm", "/dev/null", "--out", "out", in: directory).code == 66)
      #expect(try signalbox("ssm", ".", in: directory).code == 64)
      #expect(try signalbox("chef", ".", "--out", "out", in: directory).code == 64)
      #expect(try signalbox("ssm", "--out", "out", in: directory).code == 64)
      try write(Self.fine, to: "\(directory)/Fine.json")
      try write("", to: "\(directory)/file")
      #expect(try signalbox("ssm", "Fine.json", "--out", "file/out", in: directory).code == 73)
      try write("no document", to: "\(directory)/Bad.json")
      #expect(try signalbox("ssm", "Bad.json", "--out", "out", in: directory).code == 65)
    }
  }

  @Test("a single file finds what belongs to it")
  func singleFiles() throws {
    let fixtures = "\(Fixture.folder)/Fixtures"
    try withTemporaryDirectory { directory in
      let tactical = try signalbox(
        "tactical", "\(fixtures)/tactical/library/community_scripts.json", "--out", "t",
        in: directory)
      #expect(tactical.code == 65)
      #expect(Catalog.load(directory: "\(directory)/t").tools.count > 30)
      let bolt = try signalbox(
        "bolt", "\(fixtures)/bolt/modules/acme-motd/tasks/shared.json", "--out", "b", in: directory)
      #expect(bolt.code == 0, "\(bolt.stdout)")
      #expect(try Files.list("\(directory)/b") == ["bolt.motd.shared.yaml"])
    }
  }

  @Test("links that lead out of a library are refused, and loops end")
  func outside() throws {
    try withTemporaryDirectory { directory in
      try write("Get-Date\n", to: "\(directory)/secret.ps1")
      try Files.makeDirectories("\(directory)/lib/scripts")
      try makeLink("\(directory)/lib/scripts/a.ps1", to: "\(directory)/secret.ps1")
      try makeLink("\(directory)/lib/scripts/loop", to: "\(directory)/lib")
      try makeLink("\(directory)/lib/scripts/dangling.ps1", to: "\(directory)/nobody")
      try write(
        #"[{"name":"A","filename":"a.ps1","shell":"powershell","supported_platforms":["windows"]}]"#,
        to: "\(directory)/lib/community_scripts.json")
      let run = try signalbox("tactical", "lib", "--dry-run", "--json", in: directory)
      #expect(run.code == 65)
      let json = try JSON(parsing: run.stdout)
      #expect(json["items"]?.array?.first?["reason"]?["code"] == "file.outside")
    }
  }
}
