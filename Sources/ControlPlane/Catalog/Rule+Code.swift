extension Rule {
  /// The rule's number in the one list of all codes: docs/LINT.md.
  package var code: Code { Code(number) }

  private var number: Int {
    switch self {
    case .fileUnreadable: 101
    case .fileTooLarge: 102
    case .fileEncoding: 103
    case .fileByteOrderMark: 104
    case .fileLineEndings: 105
    case .fileCharacter: 106
    case .fileLink: 107
    case .duplicateTool: 108
    case .tooMany: 109
    case .yamlSyntax: 111
    case .yamlEmptyFile: 112
    case .yamlDocuments: 113
    case .yamlDirective: 114
    case .yamlAlias: 115
    case .yamlAnchor: 116
    case .yamlTag: 117
    case .yamlMergeKey: 118
    case .yamlDuplicateKey: 119
    case .yamlKey: 120
    case .yamlAmbiguous: 121
    case .yamlEmptyValue: 122
    case .yamlNumber: 123
    case .yamlDepth: 124
    case .yamlNodes: 125
    case .unknownField: 131
    case .missingField: 132
    case .type: 133
    case .value: 134
    case .length: 135
    case .format: 136
    case .name: 137
    case .version: 138
    case .unit: 139
    case .limit: 140
    case .argumentsSchema: 201
    case .argumentsOpen: 202
    case .argumentUnused: 203
    case .argumentDefault: 204
    case .binding: 205
    case .bindingName: 206
    case .bindingGap: 207
    case .script: 301
    case .template: 302
    case .unreachable: 303
    case .native: 304
    case .nativeMemory: 305
    case .resultSchema: 401
    case .exitCode: 402
    case .effects: 501
    case .secretExposed: 502
    case .redact: 503
    case .recovery: 504
    case .test: 601
    }
  }
}
