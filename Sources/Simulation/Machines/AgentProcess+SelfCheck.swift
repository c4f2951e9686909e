import Agent
import Wire

extension AgentProcess {
  /// The simulated disk has room, and takes files as long as its machine runs.
  func examineSpool(round: Int, room: Int) { post(.spoolExamined(round: round, .good)) }

  func remakeCallsDirectory() throws {}
}

extension SimulatedJournal {
  /// What the file holds must hang together, whatever became of the disk.
  func inspect() -> SelfCheckMachine.Finding {
    let file = committed
    guard file.row(at: file.head.sequence) == file.head else {
      return .bad(evidence: "it does not end at entry \(file.head.sequence)")
    }
    return .good
  }
}
