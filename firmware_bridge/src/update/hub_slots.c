/* See hub_slots.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_slots.h"

#include <string.h>

#include "hub_sha256.h"
#include "monocypher/monocypher-ed25519.h"

/* Of a record: number, slot, trial, starts, a zero, CRC-32 of these. */
enum { RECORD_BYTES = 12, CHECKED = 8 };

uint32_t hub_little(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void hub_put_little(uint8_t *bytes, uint32_t number) {
    for (uint8_t at = 0; at < 4; at++) {
        bytes[at] = (uint8_t)(number >> (8 * at));
    }
}

uint32_t hub_crc32(const uint8_t *bytes, size_t size) {
    uint32_t crc = UINT32_MAX;
    while (size-- > 0) {
        crc ^= *bytes++;
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
    }
    return ~crc;
}

/* ---- the record ---- */

static bool read_record(const hub_flash *flash, uint8_t area, hub_record *record) {
    uint8_t bytes[RECORD_BYTES];
    if (!flash->read(flash->context, area, 0, bytes, sizeof bytes) || hub_crc32(bytes, CHECKED) != hub_little(bytes + CHECKED) ||
        bytes[4] > HUB_SLOT_B || bytes[5] > HUB_WENT_BACK) {
        return false;
    }
    record->number = hub_little(bytes);
    record->slot = bytes[4];
    record->trial = bytes[5];
    record->starts = bytes[6];
    return true;
}

void hub_record_load(const hub_flash *flash, hub_record *record) {
    hub_record other;
    bool first = read_record(flash, HUB_RECORD_A, record);
    bool second = read_record(flash, HUB_RECORD_B, &other);
    if (second && (!first || other.number - record->number <= INT32_MAX)) {
        *record = other;
    } else if (!first) {
        memset(record, 0, sizeof *record);
    }
}

bool hub_record_save(const hub_flash *flash, hub_record *record) {
    uint8_t bytes[RECORD_BYTES] = {0};
    record->number++;
    /* The place of the record before the last: the last one holds until this one is whole. */
    uint8_t area = (record->number & 1) == 0 ? HUB_RECORD_A : HUB_RECORD_B;
    hub_put_little(bytes, record->number);
    bytes[4] = record->slot;
    bytes[5] = record->trial;
    bytes[6] = record->starts;
    hub_put_little(bytes + CHECKED, hub_crc32(bytes, CHECKED));
    return flash->erase(flash->context, area) && flash->write(flash->context, area, 0, bytes, sizeof bytes);
}

/* ---- images ---- */

bool hub_is_signed(const uint8_t *head, const uint8_t *key) {
    return crypto_ed25519_check(head + HUB_IMAGE_SIGNATURE, key, head + HUB_IMAGE_DIGEST, 32) == 0;
}

bool hub_slot_is_whole(const hub_flash *flash, uint8_t slot, const uint8_t *key) {
    uint8_t head[HUB_IMAGE_CONTENT], bytes[64], digest[32];
    hub_sha256 hash;
    if (!flash->read(flash->context, slot, 0, head, sizeof head) || memcmp(head, "HUBIMG1", HUB_IMAGE_SIZE) != 0) {
        return false;
    }
    uint32_t size = hub_little(head + HUB_IMAGE_SIZE);
    if (size > flash->room - HUB_IMAGE_CONTENT || (key != NULL && !hub_is_signed(head, key))) {
        return false;
    }
    hub_sha256_begin(&hash);
    hub_sha256_add(&hash, head + HUB_IMAGE_SIZE, HUB_IMAGE_DIGEST - HUB_IMAGE_SIZE);
    for (uint32_t at = 0; at < size;) {
        size_t some = size - at < sizeof bytes ? size - at : sizeof bytes;
        if (!flash->read(flash->context, slot, HUB_IMAGE_CONTENT + at, bytes, some)) {
            return false;
        }
        hub_sha256_add(&hash, bytes, some);
        at += (uint32_t)some;
    }
    hub_sha256_end(&hash, digest);
    return memcmp(digest, head + HUB_IMAGE_DIGEST, sizeof digest) == 0;
}

bool hub_slot_to_run(const hub_flash *flash, const uint8_t *key, uint8_t *slot) {
    hub_record record;
    hub_record_load(flash, &record);
    bool whole = hub_slot_is_whole(flash, record.slot, key);
    if (record.trial == HUB_ON_TRIAL && record.starts < HUB_TRIAL_STARTS && whole) {
        record.starts++;
        whole = hub_record_save(flash, &record); /* a start that is not counted might be repeated for ever */
    } else if (record.trial == HUB_ON_TRIAL || !whole) {
        uint8_t other = record.slot == HUB_SLOT_A ? HUB_SLOT_B : HUB_SLOT_A;
        if (hub_slot_is_whole(flash, other, key)) {
            record.slot = other;
            record.trial = HUB_WENT_BACK;
            whole = hub_record_save(flash, &record);
        }
    }
    *slot = record.slot;
    return whole;
}
