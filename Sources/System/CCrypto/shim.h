#pragma once
// SHA256_Init(3) and its siblings are deprecated in favour of the EVP interface, which loads
// configuration, providers and every algorithm first: 2 MiB of resident code in an agent that
// needs one digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>
