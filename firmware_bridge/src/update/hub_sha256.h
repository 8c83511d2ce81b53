/* SHA-256 (FIPS 180-4).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_SHA256_H
#define HUB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t state[8];
    uint32_t length; /* bytes so far */
    uint8_t block[64];
} hub_sha256;

void hub_sha256_begin(hub_sha256 *hash);
/* At most 2^29 - 1 bytes in all. */
void hub_sha256_add(hub_sha256 *hash, const uint8_t *bytes, size_t size);
void hub_sha256_end(hub_sha256 *hash, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
