/* See hub_sha256.h. Names are those of FIPS 180-4, section 6.2.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_sha256.h"

#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t x, uint8_t by) {
    return x >> by | x << (32 - by);
}

static void take_block(hub_sha256 *hash) {
    uint32_t w[64], v[8];
    for (uint8_t t = 0; t < 16; t++) {
        const uint8_t *at = hash->block + 4 * t;
        w[t] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (uint8_t t = 16; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];
        w[t] = (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10) + w[t - 7] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[t - 16];
    }
    memcpy(v, hash->state, sizeof v);
    for (uint8_t t = 0; t < 64; t++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t t1 = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) + choice + K[t] + w[t];
        uint32_t t2 = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) + majority;
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (uint8_t at = 0; at < 8; at++) {
        hash->state[at] += v[at];
    }
}

void hub_sha256_begin(hub_sha256 *hash) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, start, sizeof start);
    hash->length = 0;
}

void hub_sha256_add(hub_sha256 *hash, const uint8_t *bytes, size_t size) {
    while (size-- > 0) {
        hash->block[hash->length++ % 64] = *bytes++;
        if (hash->length % 64 == 0) {
            take_block(hash);
        }
    }
}

void hub_sha256_end(hub_sha256 *hash, uint8_t digest[32]) {
    uint8_t tail[8] = {0};
    uint32_t bits = hash->length * 8;
    const uint8_t one = 0x80, zero = 0;
    for (uint8_t at = 0; at < 4; at++) {
        tail[7 - at] = (uint8_t)(bits >> (8 * at));
    }
    hub_sha256_add(hash, &one, 1);
    while (hash->length % 64 != 56) {
        hub_sha256_add(hash, &zero, 1);
    }
    hub_sha256_add(hash, tail, 8);
    for (uint8_t at = 0; at < 32; at++) {
        digest[at] = (uint8_t)(hash->state[at / 4] >> (8 * (3 - at % 4)));
    }
}
