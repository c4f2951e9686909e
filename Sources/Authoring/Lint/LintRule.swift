package import Catalog

/// Every rule of lint, by its number in the one list of codes. The loader has the others: `Rule`.
package enum LintRule: Int, CaseIterable, Sendable, Hashable {
  // The head.
  case toolName = 151
  case fileName = 152
  case preliminaryVersion = 153
  case thinDescription = 154
  case awaitsReview = 155

  // Comments that allow a finding.
  case allowWithoutReason = 161
  case allowOfUnknownCode = 162
  case allowOfAnError = 163
  case allowOfNothing = 164

  // Arguments.
  case openArgument = 221
  case unboundedString = 222
  case unboundedArray = 223
  case unboundedNumber = 224
  case undescribedArgument = 225
  case unreadArgument = 226
  case untypedArgument = 227

  // Scripts.
  case shellSyntax = 311
  case foreignTemplate = 312
  case shellEval = 313
  case interpretedText = 314
  case unquotedArgument = 315
  case argumentAsOption = 316
  case pipedDownload = 317
  case powerShellEval = 318
  case appleScriptEval = 319
  case prompt = 320
  case bashInShell = 321
  case undeclaredCommand = 322
  case fixedTemporaryFile = 323
  case powerShellGoesOn = 324
  case argumentAsFormat = 325
  case powerShellModuleGoesOn = 326

  // Results and exits.
  case missingResultSchema = 411
  case trivialResultSchema = 412
  case missingOutputLimit = 413
  case missingRunLimit = 414
  case unmappedExitCode = 415
  case unusedExitCode = 416
  case unmappedInstallerCode = 417
  case impossibleExitCode = 418
  case openResult = 419

  // Safety.
  case unapprovedRisk = 511
  case readOnlyContradicted = 512
  case undeclaredReboot = 513
  case secretShown = 514
  case hardCodedCredential = 515
  case unredactedSecret = 516
  case undeclaredPrivileges = 517

  // Tests.
  case failingTest = 602
  case noSuccessCase = 611
  case noInvalidArgumentCase = 612
  case untestedExitCode = 613
  case untestedRedaction = 614

  package var code: Code { Code(rawValue) }

  package var severity: Severity {
    switch self {
    case .shellSyntax, .shellEval, .interpretedText, .pipedDownload, .powerShellEval,
      .appleScriptEval, .undeclaredReboot, .secretShown, .hardCodedCredential, .failingTest:
      .error
    case .toolName, .preliminaryVersion, .powerShellGoesOn, .openResult: .note
    case .fileName, .thinDescription, .awaitsReview, .allowWithoutReason, .allowOfUnknownCode,
      .allowOfAnError, .allowOfNothing, .openArgument, .unboundedString, .unboundedArray,
      .unboundedNumber, .undescribedArgument, .unreadArgument, .untypedArgument, .foreignTemplate,
      .unquotedArgument, .argumentAsOption, .prompt, .bashInShell, .undeclaredCommand,
      .fixedTemporaryFile, .argumentAsFormat, .powerShellModuleGoesOn, .missingResultSchema,
      .trivialResultSchema,
      .missingOutputLimit, .missingRunLimit, .unmappedExitCode, .unusedExitCode,
      .unmappedInstallerCode, .impossibleExitCode, .unapprovedRisk, .readOnlyContradicted,
      .unredactedSecret, .undeclaredPrivileges, .noSuccessCase, .noInvalidArgumentCase,
      .untestedExitCode, .untestedRedaction:
      .warning
    }
  }
}
