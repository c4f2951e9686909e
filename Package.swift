// swift-tools-version: 6.0
import PackageDescription

// The path of a call reads off the folder names: Commands -> ControlPlane -> Bridge -> Endpoint ->
// Plugins. Both ends share only what is in Sources/Shared. docs/ARCHITECTURE.md has the picture.

// Planted bugs, for scripts/mutants. A release build refuses the condition.
let mutants: [SwiftSetting] =
  Context.environment["SIGNALBOX_MUTANTS"] == nil ? [] : [.define("SIGNALBOX_MUTANTS")]

let swift: [SwiftSetting] =
  mutants + [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

func shared(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Shared/\(name)", swiftSettings: swift)
}

func part(_ name: String, at path: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: swift)
}

// The addresses to adjust at the start, in a tenth of the room (glibc 2.36, DT_RELR). All of them are
// read, and stay in memory. Only lld and GNU ld can write them.
let compact: [LinkerSetting] = [
  .unsafeFlags(
    ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
    .when(platforms: [.linux]))
]

func command(
  _ name: String, at path: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: swift,
    linkerSettings: compact)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
    swiftSettings: swift)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "signalbox",
  products: [
    .executable(name: "signalbox", targets: ["signalbox"]),
    .executable(name: "signalbox-agent", targets: ["signalbox-agent"]),
    .executable(name: "signalbox-bench", targets: ["signalbox-bench"]),
    .executable(name: "signalbox-sim", targets: ["signalbox-sim"]),
    .executable(name: "signalbox-chaos", targets: ["signalbox-chaos"]),
    .executable(name: "signalbox-plugin-shell", targets: ["signalbox-plugin-shell"]),
    .executable(name: "signalbox-plugin-powershell", targets: ["signalbox-plugin-powershell"]),
    .executable(name: "signalbox-plugin-osascript", targets: ["signalbox-plugin-osascript"]),
    .executable(name: "signalbox-plugin-native", targets: ["signalbox-plugin-native"]),
    .library(name: "PluginKit", targets: ["PluginKit"]),
  ],
  targets: [
    // C libraries of the distribution, and header-only shims of ours.
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    system("CFFI", pkgConfig: "libffi", apt: "libffi-dev"),
    system("CWebSockets", pkgConfig: "libwebsockets", apt: "libwebsockets-dev"),
    system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    system("CTLS", pkgConfig: "libssl", apt: "libssl-dev"),
    .target(
      name: "CRE2", path: "Sources/System/CRE2",
      linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "CPlatform", path: "Sources/System/CPlatform"),
    .target(name: "CFloor", dependencies: ["CPlatform"], path: "Sources/System/CFloor"),
    .target(name: "CGathering", dependencies: ["CSQLite"], path: "Sources/System/CGathering"),

    // Shared by both ends.
    shared("JSON"),
    shared("Model", ["JSON"]),
    shared("Patterns", ["CRE2", "Platform"]),
    shared("Schema", ["JSON", "Patterns"]),
    shared("Digest", ["CCrypto"]),
    shared("Platform", ["CPlatform"]),
    shared("TLS", ["CTLS", "Platform"]),
    shared("Mutants"),
    shared("Redaction"),
    shared("SQLite", ["CGathering", "CSQLite"]),
    shared("Sockets", ["CWebSockets", "Platform"]),
    shared("Tools", ["JSON", "Model", "Digest"]),
    shared("NativeCalls", ["JSON"]),
    shared("Wire", ["JSON", "Model", "Mutants"]),
    shared("PluginProtocol", ["JSON", "Model", "Digest", "Platform"]),

    // The control plane.
    part(
      "Catalog", at: "Sources/ControlPlane/Catalog",
      [
        "CYAML", "Digest", "JSON", "Model", "NativeCalls", "Platform", "Redaction", "Schema",
        "Tools",
      ]),
    part(
      "Engine", at: "Sources/ControlPlane/Engine", ["Digest", "JSON", "Model", "Mutants", "Wire"]),
    part(
      "Store", at: "Sources/ControlPlane/Store",
      ["Engine", "JSON", "Model", "Platform", "SQLite", "Wire"]),
    part(
      "ControlPlane", at: "Sources/ControlPlane/Driver",
      ["Digest", "Engine", "JSON", "Model", "Mutants", "Platform", "SQLite", "Store", "Wire"]),
    part(
      "Notifications", at: "Sources/ControlPlane/Notifications",
      [
        "Catalog", "Digest", "Engine", "JSON", "Model", "Platform", "Sockets", "Store", "TLS",
      ]),
    part("Bridge", at: "Sources/Bridge", ["JSON", "Model", "Platform", "Sockets", "Wire"]),
    part(
      "API", at: "Sources/ControlPlane/API",
      [
        "Bridge", "Catalog", "ControlPlane", "Digest", "Engine", "JSON", "Model",
        "Notifications", "Platform", "Schema", "Sockets", "Store", "Tools", "Wire",
      ]),

    // What authors of tools work with.
    part("Lint", at: "Sources/Authoring/Lint", ["Catalog", "JSON", "Redaction", "Schema"]),
    part(
      "Imports", at: "Sources/Authoring/Imports",
      ["Catalog", "JSON", "Lint", "Patterns", "Platform", "Schema"]),

    // The endpoint.
    part("Journal", at: "Sources/Endpoint/Journal", ["Digest", "Model", "Platform", "SQLite"]),
    part(
      "PluginHost", at: "Sources/Endpoint/PluginHost",
      ["JSON", "Model", "Mutants", "Platform", "PluginProtocol"]),
    part(
      "Agent", at: "Sources/Endpoint/Agent",
      [
        "Bridge", "Digest", "JSON", "Journal", "Model", "Mutants", "Platform", "PluginHost",
        "PluginProtocol", "Sockets", "Tools", "Wire",
      ]),

    part(
      "Conformance", at: "Sources/Endpoint/Conformance",
      ["Digest", "JSON", "Model", "Platform", "PluginProtocol"]),

    part(
      "Doctor", at: "Sources/Endpoint/Doctor",
      ["Agent", "Conformance", "JSON", "Journal", "Platform", "PluginHost", "Sockets"]),

    // Writing tools: what their authors have on the desk.
    part(
      "Rehearsal", at: "Sources/Authoring/Rehearsal",
      [
        "Agent", "API", "Bridge", "Catalog", "ControlPlane", "Digest", "Engine", "JSON", "Model",
        "Platform", "PluginHost", "PluginProtocol", "Store", "Tools", "Wire",
      ]),

    part(
      "Workbench", at: "Sources/Authoring/Workbench",
      ["Catalog", "Digest", "JSON", "Model", "Patterns", "Schema", "Tools"]),

    // Executors.
    part(
      "PluginKit", at: "Sources/PluginKit",
      ["Digest", "JSON", "Model", "Mutants", "Platform", "PluginProtocol", "Redaction"]),
    command(
      "signalbox-plugin-shell", at: "Plugins/Shell",
      ["JSON", "Model", "Platform", "PluginKit", "PluginProtocol"]),
    .target(
      name: "PowerShell",
      dependencies: ["JSON", "Model", "Platform", "PluginKit", "PluginProtocol"],
      path: "Plugins/PowerShell/Executor",
      resources: [.embedInCode("host.ps1"), .embedInCode("call.ps1")], swiftSettings: swift),
    command(
      "signalbox-plugin-powershell", at: "Plugins/PowerShell/Program",
      ["Platform", "PluginKit", "PowerShell"]),
    part(
      "OSAScript", at: "Plugins/OSAScript/Executor", ["Platform", "PluginKit"]),
    command(
      "signalbox-plugin-osascript", at: "Plugins/OSAScript/Program",
      ["OSAScript", "PluginKit"]),
    command(
      "signalbox-plugin-native", at: "Plugins/Native",
      ["CFFI", "JSON", "Model", "NativeCalls", "Platform", "PluginKit", "PluginProtocol"],
      exclude: ["README.md"]),
    command("signalbox-plugin-checksum", at: "Plugins/Examples/Checksum", ["PluginKit"]),

    // Both ends in one thread, on simulated machines.
    part(
      "Simulation", at: "Sources/Simulation",
      [
        "Agent", "Bridge", "ControlPlane", "Digest", "Engine", "JSON", "Journal", "Model",
        "Mutants", "Platform", "PluginHost", "PluginKit", "PluginProtocol", "Store", "Wire",
      ]),

    // Commands: wiring only.
    part("CommandLine", at: "Sources/Commands/CommandLine", ["JSON", "Platform"]),
    command(
      "signalbox", at: "Sources/Commands/signalbox",
      [
        "API", "Catalog", "CommandLine", "Conformance", "Engine", "Imports", "JSON", "Lint",
        "Model", "Platform",
        "Rehearsal", "Schema", "Sockets", "Tools", "Workbench",
      ]),
    command(
      "signalbox-agent", at: "Sources/Commands/signalbox-agent",
      [
        "Agent", "Bridge", "CommandLine", "Doctor", "JSON", "Journal", "Model", "Platform",
        "PluginHost",
        "Sockets",
      ]),
    command(
      "signalbox-bench", at: "Sources/Commands/signalbox-bench",
      [
        "Agent", "Bridge", "CFloor", "Chaos", "ControlPlane", "Digest", "Engine", "JSON", "Model",
        "Platform", "PluginHost", "PluginProtocol", "Schema", "Sockets", "SQLite", "Store", "Tools",
        "Wire",
      ]),
    command(
      "signalbox-sim", at: "Sources/Commands/signalbox-sim",
      ["CommandLine", "JSON", "Mutants", "Platform", "Simulation"]),

    // Real processes, and what breaks them.
    .target(
      name: "Chaos", dependencies: ["JSON", "Model", "Platform", "Sockets"], path: "Sources/Chaos",
      exclude: ["clockshift.c"], swiftSettings: swift),
    command(
      "signalbox-chaos", at: "Sources/Commands/signalbox-chaos", ["Chaos", "Platform"]),

    // Tests.
    .target(name: "CFaultyDisk", dependencies: ["CSQLite"], path: "Tests/FaultyDisk"),
    .target(
      name: "Support",
      dependencies: ["CFaultyDisk", "JSON", "Model", "Platform", "PluginProtocol", "Sockets"],
      path: "Tests/Support", swiftSettings: swift),
    tests("JSONTests", ["JSON", "Support"]),
    tests("ModelTests", ["JSON", "Model"]),
    tests("SchemaTests", ["JSON", "Patterns", "Schema", "Support"]),
    tests("PlatformTests", ["Digest", "Platform", "Support"]),
    tests("SQLiteTests", ["SQLite", "Support", "Platform"]),
    tests("SocketsTests", ["Sockets", "Support", "Platform"]),
    tests(
      "CatalogTests",
      ["Catalog", "Digest", "JSON", "Model", "Platform", "Schema", "Support", "Tools"]),
    tests(
      "LintTests", ["Catalog", "JSON", "Lint", "Platform", "Schema", "Support"],
      exclude: ["codes.txt"]),
    .testTarget(
      name: "ImportTests",
      dependencies: [
        "Catalog", "Imports", "JSON", "Model", "Platform", "Schema", "Support", "Tools",
        "signalbox",
      ],
      path: "Tests/ImportTests", exclude: ["Fixtures", "Goldens"], swiftSettings: swift),
    tests("WireTests", ["JSON", "Model", "Wire"]),
    tests(
      "EngineTests",
      ["Digest", "Engine", "JSON", "Model", "Platform", "SQLite", "Store", "Support", "Wire"]),
    tests("JournalTests", ["Digest", "Journal", "Model", "Platform", "SQLite", "Support"]),
    tests(
      "AgentTests",
      [
        "Agent", "Bridge", "Digest", "Doctor", "JSON", "Journal", "Model", "Platform", "PluginHost",
        "PluginProtocol", "Support", "Tools", "Wire",
      ]),
    tests(
      "PluginTests",
      [
        "Conformance", "Digest", "JSON", "Model", "Platform", "PluginHost", "PluginKit",
        "PluginProtocol",
        "Redaction", "Support", "signalbox-plugin-checksum",
        "signalbox-plugin-native", "signalbox-plugin-shell",
      ]),
    tests(
      "ExecutorTests",
      [
        "JSON", "Model", "OSAScript", "Platform", "PluginKit", "PluginProtocol", "PowerShell",
        "Support", "signalbox-plugin-osascript", "signalbox-plugin-powershell",
      ], exclude: ["FakePrograms"]),
    tests(
      "WorkbenchTests",
      [
        "Catalog", "CommandLine", "Digest", "JSON", "Model", "Patterns", "Platform", "Rehearsal",
        "Schema", "Support", "Tools", "Wire", "Workbench", "signalbox", "signalbox-plugin-shell",
      ]),
    tests(
      "NotificationTests",
      [
        "Catalog", "Digest", "Engine", "JSON", "Model", "Notifications", "Platform", "Sockets",
        "Store", "Support", "TLS",
      ]),
    tests(
      "APITests",
      [
        "API", "Bridge", "Digest", "JSON", "Model", "Notifications", "Platform", "Sockets",
        "Support", "Wire",
      ]),
    tests(
      "CommandTests",
      ["Catalog", "CommandLine", "JSON", "Lint", "Model", "Platform", "Support", "signalbox"]),
    tests(
      "SimulationTests",
      [
        "ControlPlane", "Digest", "Engine", "JSON", "Model", "Simulation", "Store", "Support",
        "Wire",
      ],
      exclude: ["seeds.txt"]),
    tests(
      "EndToEndTests",
      [
        "Chaos", "Digest", "JSON", "Model", "Platform", "Sockets", "Support", "signalbox",
        "signalbox-agent",
        "signalbox-plugin-shell",
      ]),
  ],
  cxxLanguageStandard: .cxx17
)

// Only for scripts/fuzz, which builds everything with libFuzzer's instruments.
if Context.environment["SIGNALBOX_FUZZ"] != nil {
  package.products.append(.executable(name: "signalbox-fuzz", targets: ["signalbox-fuzz"]))
  package.targets.append(
    command(
      "signalbox-fuzz", at: "Fuzz/Program",
      ["Catalog", "Imports", "JSON", "Lint", "Patterns", "Platform", "Schema"]))
}

// Only for scripts/coverage: the tests of the machines, and what they need. Everything else would be
// built with counters for nothing.
if Context.environment["SIGNALBOX_COVERAGE"] != nil {
  var needed: Set<String> = []
  var waiting = [
    "AgentTests", "EngineTests", "JournalTests", "NotificationTests", "PluginTests", "WireTests",
  ]
  while let name = waiting.popLast() {
    guard needed.insert(name).inserted else { continue }
    for dependency in package.targets.first(where: { $0.name == name })?.dependencies ?? [] {
      if case .byNameItem(let next, _) = dependency { waiting.append(next) }
    }
  }
  package.targets.removeAll { !needed.contains($0.name) }
  package.products.removeAll { !needed.contains($0.name) }
}
