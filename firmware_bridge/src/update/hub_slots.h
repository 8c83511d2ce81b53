/* Two slots for images, and the record of which of them runs: what a boot loader needs.
 *
 * A slot holds an image as sign_image.py writes it. The record is kept twice and written in turn, so that power may
 * fail at any moment: either the old record holds or the new one.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_SLOTS_H
#define HUB_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the fields of an image lie; README.md, "Updates". */
enum {
    HUB_IMAGE_SIZE = 8,
    HUB_IMAGE_BOARD = 12,
    HUB_IMAGE_VERSION = 44,
    HUB_IMAGE_DIGEST = 76,
    HUB_IMAGE_SIGNATURE = 108,
    HUB_IMAGE_CONTENT = 172,
    HUB_IMAGE_TEXT = 32 /* bytes of board and version, at least one of them zero */
};

enum hub_area { HUB_SLOT_A, HUB_SLOT_B, HUB_RECORD_A, HUB_RECORD_B };

/* Memory that lasts. What returns false has failed; what was asked for may then be half done. */
typedef struct {
    uint32_t room; /* bytes of a slot */
    /* Bytes written in an area since it was erased; may say less, or 0 if it cannot know. */
    uint32_t (*length)(void *context, uint8_t area);
    bool (*erase)(void *context, uint8_t area);
    /* Writes behind what was written before. A record must not be there before all that was written earlier is. */
    bool (*write)(void *context, uint8_t area, uint32_t offset, const uint8_t *bytes, size_t size);
    bool (*read)(void *context, uint8_t area, uint32_t offset, uint8_t *bytes, size_t size);
    /* Starts the device anew. Need not return. */
    void (*restart)(void *context);
    void *context;
} hub_flash;

/* As `hello` says it. */
enum hub_trial { HUB_CONFIRMED, HUB_ON_TRIAL, HUB_WENT_BACK };

/* How often an image on trial is started. */
enum { HUB_TRIAL_STARTS = 3 };

typedef struct {
    uint32_t number; /* rises with each record */
    uint8_t slot;
    uint8_t trial;
    uint8_t starts;
} hub_record;

/* Reads the record; a board without one runs slot A. */
void hub_record_load(const hub_flash *flash, hub_record *record);
bool hub_record_save(const hub_flash *flash, hub_record *record);
/* Whether a slot holds an image whose digest fits and, if `key` is given, that is signed by it. */
bool hub_slot_is_whole(const hub_flash *flash, uint8_t slot, const uint8_t *key);
/* Called once a start, by the boot loader: says which slot to run, and counts the starts of an image on trial.
 * False: no slot holds an image that may run. */
bool hub_slot_to_run(const hub_flash *flash, const uint8_t *key, uint8_t *slot);
bool hub_is_signed(const uint8_t *head, const uint8_t *key);
uint32_t hub_little(const uint8_t *bytes);
void hub_put_little(uint8_t *bytes, uint32_t number);
/* CRC-32 (IEEE 802.3), as in zlib. */
uint32_t hub_crc32(const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif
#endif
