internal import CTLS
package import Platform

/// The client's side of TLS on a connected socket, with the certificate and its name verified.
///
/// Not `Sendable`: one thread uses it, and keeps the socket open as long.
package final class TLSSession {
  package enum Progress: Sendable, Hashable {
    case bytes(Int)
    /// The other side says no more.
    case ended
    case wants(TimeLimit.Readiness)
  }

  package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
  }

  private let context: OpaquePointer
  private let session: OpaquePointer

  /// - Parameters:
  ///   - host: what the certificate has to name: a name, or an IPv4 address.
  ///   - trustFile: PEM; certificates to trust instead of the system's.
  package init(
    on socket: borrowing Descriptor, host: String, trustFile: String?
  ) throws(Failure) {
    guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.failure("start TLS") }
    guard signalbox_tls_at_least_1_2(context) == 1 else {
      SSL_CTX_free(context)
      throw Self.failure("start TLS")
    }
    // SSL_CTX_set_verify(3): with SSL_VERIFY_PEER a client ends the handshake at once when the
    // certificate does not hold.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    let isTrusting =
      trustFile.map { SSL_CTX_load_verify_locations(context, $0, nil) }
      ?? SSL_CTX_set_default_verify_paths(context)
    guard isTrusting == 1 else {
      SSL_CTX_free(context)
      throw Self.failure("read the trusted certificates\(trustFile.map { " in \($0)" } ?? "")")
    }
    guard let session = SSL_new(context) else {
      SSL_CTX_free(context)
      throw Self.failure("start TLS")
    }
    self.context = context
    self.session = session
    signalbox_tls_partial_writes(session)
    guard Self.expect(host, session), SSL_set_fd(session, socket.number) == 1 else {
      throw Self.failure("start TLS for \(host)")
    }
  }

  deinit {
    SSL_free(session)
    SSL_CTX_free(context)
  }

  /// Goes on with the handshake; `bytes(0)` when it is done.
  package func handshake() throws(Failure) -> Progress {
    ERR_clear_error()
    return try progress(SSL_connect(session), "TLS handshake")
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Progress {
    ERR_clear_error()
    let count = Int32(clamping: buffer.count)
    return try progress(SSL_read(session, buffer.baseAddress, count), "TLS read")
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Progress {
    ERR_clear_error()
    return try progress(
      SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count)), "TLS write")
  }

  /// Sets the name that is asked for, and the one that the certificate must have.
  private static func expect(_ host: String, _ session: OpaquePointer) -> Bool {
    // X509_VERIFY_PARAM_set1_ip_asc(3) takes nothing but an address.
    if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1 { return true }
    ERR_clear_error()
    return signalbox_tls_name(session, host) == 1 && SSL_set1_host(session, host) == 1
  }

  private func progress(_ result: Int32, _ what: String) throws(Failure) -> Progress {
    if result > 0 { return .bytes(Int(result)) }
    switch SSL_get_error(session, result) {
    case SSL_ERROR_WANT_READ: return .wants(.readable)
    case SSL_ERROR_WANT_WRITE: return .wants(.writable)
    case SSL_ERROR_ZERO_RETURN: return .ended
    default: break
    }
    let verified = SSL_get_verify_result(session)
    if verified != Int(X509_V_OK) {
      let why = X509_verify_cert_error_string(verified).map { String(cString: $0) } ?? "\(verified)"
      throw Failure(description: "the receiver's certificate does not hold: \(why)")
    }
    throw Self.failure(what)
  }

  private static func failure(_ what: String) -> Failure {
    var text = [CChar](repeating: 0, count: 256)
    let code = ERR_get_error()
    guard code != 0 else { return Failure(description: "\(what): the connection was lost") }
    ERR_error_string_n(code, &text, text.count)
    let reason = String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return Failure(description: "\(what): \(reason)")
  }
}
