import Glibc

/// Runs code with as little stack as our own threads may have.
package enum SmallStack {
  package static let bytes = 512 * 1024

  private final class Job {
    let body: () -> Bool
    var result = false

    init(_ body: @escaping () -> Bool) { self.body = body }
  }

  /// Runs the body on a thread of its own and returns what it returned.
  package static func run(_ body: @escaping () -> Bool) -> Bool {
    let job = Job(body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, bytes)
    var thread = pthread_t()
    let started = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let job = Unmanaged<Job>.fromOpaque(argument).takeUnretainedValue()
        job.result = job.body()
        return nil
      }, Unmanaged.passUnretained(job).toOpaque())
    guard started == 0 else { return false }
    pthread_join(thread, nil)
    return job.result
  }
}
