// SHA-256, FIPS 180-4. The variant is chosen once; see dispatch.c for why not by an ifunc.
#include "sha256.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void portable_blocks(uint32_t state[8], const unsigned char *data, size_t blocks) {
    for (; blocks; blocks--, data += 64) {
        uint32_t w[64], s[8];
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)data[4 * i] << 24 | (uint32_t)data[4 * i + 1] << 16 | (uint32_t)data[4 * i + 2] << 8 |
                   data[4 * i + 3];
        for (int i = 16; i < 64; i++) {
            uint32_t a = w[i - 15], b = w[i - 2];
            w[i] = w[i - 16] + w[i - 7] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) +
                   (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
        }
        memcpy(s, state, sizeof s);
#pragma clang loop unroll_count(8)
        for (int i = 0; i < 64; i++) {
            // The eight words stay where they are, and their names go round.
            uint32_t a = s[-i & 7], b = s[1 - i & 7], c = s[2 - i & 7];
            uint32_t e = s[4 - i & 7], f = s[5 - i & 7], g = s[6 - i & 7], h = s[7 - i & 7];
            uint32_t first = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) +
                             constants[i] + w[i];
            s[3 - i & 7] += first;
            s[7 - i & 7] = first + (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        }
        for (int i = 0; i < 8; i++) state[i] += s[i];
    }
}

static void portable_blocks_both(uint32_t one[8], uint32_t other[8], const unsigned char *data, size_t blocks) {
    portable_blocks(one, data, blocks);
    portable_blocks(other, data, blocks);
}

static void (*blocks_of)(uint32_t *, const unsigned char *, size_t) = portable_blocks;
static void (*blocks_of_both)(uint32_t *, uint32_t *, const unsigned char *, size_t) = portable_blocks_both;

#if defined(__x86_64__)
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

/// The registers hold the state as ABEF and CDGH.
struct halves {
    __m128i abef, cdgh;
};

SHA static inline struct halves load(const uint32_t state[8]) {
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    return (struct halves){_mm_alignr_epi8(low, high, 8), _mm_blend_epi16(high, low, 0xF0)};
}

SHA static inline void store(uint32_t state[8], struct halves s) {
    __m128i low = _mm_shuffle_epi32(s.abef, 0x1B), high = _mm_shuffle_epi32(s.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

SHA static inline void rounds(struct halves *s, __m128i words) {
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, words);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(words, 0x0E));
}

/// Words 4i … 4i + 3 of a block's schedule; the last four groups are kept in w.
SHA static inline __m128i schedule(__m128i w[4], int i, const unsigned char *data) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i next;
    if (i < 4) {
        next = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data + i), swap);
    } else {
        __m128i a = w[i & 3], b = w[(i + 1) & 3], c = w[(i + 2) & 3], d = w[(i + 3) & 3];
        next = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
        next = _mm_sha256msg2_epu32(next, d);
    }
    w[i & 3] = next;
    return _mm_add_epi32(next, _mm_loadu_si128((const __m128i *)(constants + 4 * i)));
}

SHA static void sha_blocks(uint32_t state[8], const unsigned char *data, size_t blocks) {
    struct halves s = load(state);
    for (; blocks; blocks--, data += 64) {
        struct halves before = s;
        __m128i w[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) rounds(&s, schedule(w, i, data));
        s.abef = _mm_add_epi32(s.abef, before.abef);
        s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
    }
    store(state, s);
}

SHA static void sha_blocks_both(uint32_t one[8], uint32_t other[8], const unsigned char *data, size_t blocks) {
    struct halves s = load(one), t = load(other);
    for (; blocks; blocks--, data += 64) {
        struct halves s0 = s, t0 = t;
        __m128i w[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            __m128i words = schedule(w, i, data);
            rounds(&s, words);
            rounds(&t, words);
        }
        s.abef = _mm_add_epi32(s.abef, s0.abef);
        s.cdgh = _mm_add_epi32(s.cdgh, s0.cdgh);
        t.abef = _mm_add_epi32(t.abef, t0.abef);
        t.cdgh = _mm_add_epi32(t.cdgh, t0.cdgh);
    }
    store(one, s);
    store(other, t);
}

__attribute__((constructor)) static void choose_sha256(void) {
    const char *portable = getenv("PPOCODER_PORTABLE_KERNELS");
    if (portable && strcmp(portable, "1") == 0) return;
    uint32_t a = 7, b = 0, c = 0, d = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    __builtin_cpu_init();
    if ((b >> 29 & 1) == 0 || !__builtin_cpu_supports("sse4.1")) return;
    blocks_of = sha_blocks;
    blocks_of_both = sha_blocks_both;
}
#endif

int ck_sha256_is_fast(void) { return blocks_of != portable_blocks; }

void ck_sha256_begin(struct ck_sha256 *hash) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, start, sizeof start);
}

void ck_sha256_add(struct ck_sha256 *hash, const unsigned char *data, size_t count) {
    size_t held = hash->bytes % 64;
    hash->bytes += count;
    if (held) {
        size_t room = 64 - held, part = count < room ? count : room;
        if (part) memcpy(hash->buffer + held, data, part);
        if (part < room) return;
        blocks_of(hash->state, hash->buffer, 1);
        data += part;
        count -= part;
    }
    if (count >= 64) blocks_of(hash->state, data, count / 64);
    if (count % 64) memcpy(hash->buffer, data + count / 64 * 64, count % 64);
}

void ck_sha256_add_both(struct ck_sha256 *one, struct ck_sha256 *other, const unsigned char *data, size_t count) {
    size_t whole = (one->bytes | other->bytes) % 64 == 0 ? count / 64 : 0;
    if (whole) {
        blocks_of_both(one->state, other->state, data, whole);
        one->bytes += 64 * whole;
        other->bytes += 64 * whole;
    }
    ck_sha256_add(one, data + 64 * whole, count - 64 * whole);
    ck_sha256_add(other, data + 64 * whole, count - 64 * whole);
}

void ck_sha256_end(struct ck_sha256 *hash, unsigned char digest[32]) {
    uint64_t bits = 8 * hash->bytes;
    unsigned char padding[72] = {0x80};
    size_t held = hash->bytes % 64, count = (held < 56 ? 56 : 120) - held;
    for (int i = 0; i < 8; i++) padding[count + i] = (unsigned char)(bits >> (56 - 8 * i));
    ck_sha256_add(hash, padding, count + 8);
    for (int i = 0; i < 32; i++) digest[i] = (unsigned char)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
