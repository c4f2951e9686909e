import Platform
import Support
import Testing

@testable import Agent

@Suite("Whether output can be kept")
struct SpoolExaminationTests {
  private func evidence(_ finding: SelfCheckMachine.Finding) -> String? {
    if case .bad(let evidence) = finding { evidence } else { nil }
  }

  @Test("a directory that takes a file is good, and nothing is left in it")
  func good() throws {
    try withTemporaryDirectory { directory in
      // A trial that a crash left behind is in nobody's way.
      try Files.writeAtomically([1], to: directory + "/.self-check")
      #expect(SpoolExamination.finding(in: directory, room: 1) == .good)
      #expect(try Files.list(directory).isEmpty)
    }
  }

  @Test("a directory that is gone, or no directory, is told with what failed")
  func bad() throws {
    try withTemporaryDirectory { directory in
      let gone = evidence(SpoolExamination.finding(in: directory + "/none", room: 1))
      #expect(gone?.contains("cannot be used") == true)
      try Files.writeAtomically([1], to: directory + "/file")
      #expect(evidence(SpoolExamination.finding(in: directory + "/file", room: 1)) != nil)
    }
  }

  @Test("too little room is told with how much there is")
  func noRoom() throws {
    try withTemporaryDirectory { directory in
      let found = evidence(SpoolExamination.finding(in: directory, room: Int.max))
      #expect(found?.contains("MiB are free") == true)
    }
  }
}
