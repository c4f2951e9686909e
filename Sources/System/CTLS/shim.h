#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Macros, which Swift does not import.
static inline int signalbox_tls_at_least_1_2(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int signalbox_tls_name(SSL *session, const char *host) {
  return (int)SSL_set_tlsext_host_name(session, host);
}

static inline void signalbox_tls_partial_writes(SSL *session) {
  SSL_set_mode(session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
