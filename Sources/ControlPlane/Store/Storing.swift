package import Engine
package import Model
import SQLite

/// The durable side of the engine, as its driver sees it: effects are written within a batch, and
/// nothing of a batch may become visible before `commit` returns.
package protocol Storing: AnyObject {
  /// Writes a durable effect. Visible effects are none of the store's business and are ignored.
  func write(_ effect: EngineEffect) throws
  /// Keeps a definition for as long as calls may refer to it.
  func write(definition text: String, digest: String) throws
  /// Writes the snapshots that wait for the end of the batch.
  func flush() throws
  /// The call that used an idempotency key, and what it asked for.
  func call(withKey key: String) throws -> KeyedCall?
  /// The committed and the pending bytes of one stream, in order, handed over chunk by chunk.
  func readOutput(
    of call: CallID, _ stream: OutputStream, _ body: (UnsafeRawBufferPointer) -> Void) throws
  /// Makes the batch durable: on return it is on disk. After an error the store must not be used
  /// again, because what is on disk is not known.
  func commit() throws
  func close() throws
}

extension Store: Storing {}
