import Catalog
import CommandLine
import JSON
import Platform
import Rehearsal

let toolsTestCommand = Command(
  "test", "Run the tests in definitions, live ones included",
  discussion: """
    Tests of refused arguments and of given executions are judged without running anything. Live \
    tests run their tool through the real executor on this machine, in a scratch directory, under \
    the tool's own limits, and with the test's stubs first on its path. What this machine cannot \
    run is skipped, and the reason told.
    """,
  options: [
    Option(
      "filter", value: "TEXT", "Only tests whose \"TOOL: NAME\" contains this", isRepeatable: true),
    Option("no-live", "Skip the live tests"),
    Option("jobs", value: "COUNT", "Tests at the same time; one for each processor if not given"),
    Option("junit", value: "FILE", "Write the results as JUnit XML", completion: .files),
    Option("verbose", "Name every test, not only those that did not pass"),
    .plugins, .json,
  ],
  positionals: [
    Positional("FILE", "a definition, or a directory of them", .atLeastOne, completion: .files)
  ],
  exitCodes: [
    ExitCode(0, "no test failed; some may have been skipped"), .usage,
    ExitCode(65, "a definition is wrong, or a test failed"), .software, .cannotCreate, .interrupted,
  ], run: testTools)

private func testTools(_ arguments: Arguments) throws -> Int32 {
  let open = Locked<Stage?>(nil)
  try LocalStage.watchInterrupts { open.withLock { $0 } }
  let loaded = loadedDefinitions(arguments.values("FILE"))
  let cases = try selected(loaded, arguments)
  let jobs = try arguments.integer("jobs", in: 1...64) ?? Machine.processors
  let needsStage = !arguments.has("no-live") && cases.contains { $0.test.isLive }
  let stage = needsStage ? try LocalStage.open(arguments, slots: jobs) : nil
  open.withLock { $0 = stage }
  let console = TestConsole(
    count: cases.count, isVerbose: arguments.has("verbose"), isSilent: arguments.has("json"))
  console.errors(loaded.errors)
  let begun = ContinuousClock.now
  let results: [TestResult]
  do {
    results = try TestRun(cases, on: stage).run(jobs: jobs) { console.show($0) }
  } catch {
    stage?.removeScratch()
    throw error
  }
  stage?.close()
  let summary = TestSummary(results, loaded.errors.count, in: ContinuousClock.now - begun)
  if let path = arguments["junit"] {
    try write(Array(JUnitReport(results, errors: loaded.errors).text.utf8), to: path)
  }
  if arguments.has("json") {
    _ = printed(summary.document(results, loaded.errors), Terminal(.output))
  } else {
    console.close(summary)
  }
  return summary.isGood ? 0 : ExitCode.invalidData.code
}

private func selected(
  _ loaded: LoadedDefinitions, _ arguments: Arguments
) throws -> [TestCase] {
  let all = loaded.tools.flatMap { tool, file in
    tool.tests.map { TestCase($0, of: tool, in: file) }
  }
  let filters = arguments.all("filter").map { $0.lowercased() }
  guard !filters.isEmpty else { return all }
  let cases = all.filter { testCase in
    filters.contains { testCase.title.lowercased().contains($0) }
  }
  guard !cases.isEmpty else {
    throw Failure(
      "filter",
      "none of the \(all.count) tests has \(filters.joined(separator: " or ")) in its name",
      remedy: "see their names with --verbose", exit: .usage)
  }
  return cases
}

/// Definitions from files and directories, each tool with its file.
struct LoadedDefinitions {
  var tools: [(tool: Tool, file: String)] = []
  var errors: [DefinitionError] = []
}

func loadedDefinitions(_ paths: [String]) -> LoadedDefinitions {
  var loaded = LoadedDefinitions()
  for path in paths {
    if (try? Files.status(path))?.kind == .directory {
      let loading = Catalog.load(directory: path)
      loaded.tools += zip(loading.tools, loading.files).map { (tool: $0, file: $1) }
      loaded.errors += loading.errors
    } else {
      switch Catalog.load(file: path) {
      case .success(let tool): loaded.tools.append((tool: tool, file: path))
      case .failure(let failure): loaded.errors += failure.errors
      }
    }
  }
  return loaded
}

func write(_ bytes: [UInt8], to path: String) throws {
  do throws(SystemError) {
    try Files.writeAtomically(bytes, to: path, permissions: 0o644)
  } catch {
    throw Failure(
      error.code, "\(path) cannot be written: \(error)", remedy: "choose another place",
      exit: .cannotCreate)
  }
}
