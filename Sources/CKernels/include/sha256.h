#pragma once

#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4) of data that come in pieces, with the processor's own instructions where it has them.
struct ck_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char buffer[64];
};

void ck_sha256_begin(struct ck_sha256 *hash);
void ck_sha256_add(struct ck_sha256 *hash, const unsigned char *data, size_t count);

/// The same data for two digests. The instructions wait for one another, so that two at a time cost hardly more than one.
void ck_sha256_add_both(struct ck_sha256 *one, struct ck_sha256 *other, const unsigned char *data, size_t count);

/// Writes the digest; the hash must begin again before it is used again.
void ck_sha256_end(struct ck_sha256 *hash, unsigned char digest[32]);

/// 1 when the processor's instructions are used.
int ck_sha256_is_fast(void);
