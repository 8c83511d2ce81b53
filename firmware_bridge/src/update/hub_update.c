/* See hub_update.h; the messages are those of README.md, "Updates".
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_update.h"

#include <string.h>

/* Keys of ota_begin, and of ota_data. */
enum { TRANSFER, SIZE, DIGEST, SIGNATURE, BOARD, VERSION };
enum { OFFSET = 1, BYTES, CHECK };

/* Milliseconds in which the host may hear that all has arrived, and say again that it was all. */
enum { LEAVE_AFTER = 300 };

static uint8_t idle_slot(const hub_updates *updates) {
    return updates->record.slot == HUB_SLOT_A ? HUB_SLOT_B : HUB_SLOT_A;
}

static bool put_field(const hub_body *body, uint8_t key, uint8_t type, uint8_t *into, uint8_t least, uint8_t most) {
    hub_value value;
    if (!hub_body_get(body, key, &value) || value.type != type || value.length < least || value.length > most) {
        return false;
    }
    if (type == HUB_TEXT) {
        memcpy(into, value.as.text, value.length);
    } else {
        memcpy(into, value.as.bytes, value.length);
    }
    return true;
}

/* Makes of ota_begin the head that the image has in its file. */
static bool read_head(const hub_body *body, uint8_t *head) {
    uint32_t size;
    memset(head, 0, HUB_IMAGE_CONTENT);
    memcpy(head, "HUBIMG1", HUB_IMAGE_SIZE);
    if (!hub_body_uint(body, SIZE, &size)) {
        return false;
    }
    hub_put_little(head + HUB_IMAGE_SIZE, size);
    return put_field(body, DIGEST, HUB_BYTES, head + HUB_IMAGE_DIGEST, 32, 32) &&
           put_field(body, SIGNATURE, HUB_BYTES, head + HUB_IMAGE_SIGNATURE, 64, 64) &&
           put_field(body, BOARD, HUB_TEXT, head + HUB_IMAGE_BOARD, 1, HUB_IMAGE_TEXT - 1) &&
           put_field(body, VERSION, HUB_TEXT, head + HUB_IMAGE_VERSION, 1, HUB_IMAGE_TEXT - 1);
}

/* Reads up to three numbers with dots between them; returns how many there are. What is missing is 0. */
static uint8_t read_version(const char *text, uint32_t numbers[3]) {
    uint8_t read = 0;
    numbers[0] = numbers[1] = numbers[2] = 0;
    while (read < 3 && *text >= '0' && *text <= '9') {
        for (; *text >= '0' && *text <= '9'; text++) {
            numbers[read] = numbers[read] * 10 + (uint32_t)(*text - '0');
        }
        read++;
        text += *text == '.';
    }
    return read;
}

/* A version without a number is neither older nor newer than any. */
static bool is_older(const char *version, const char *than) {
    uint32_t a[3], b[3];
    if (read_version(version, a) == 0 || read_version(than, b) == 0) {
        return false;
    }
    uint8_t at = a[0] != b[0] ? 0 : a[1] != b[1] ? 1 : 2;
    return a[at] < b[at];
}

/* How much of the content the idle slot holds already; makes it ready for the rest. */
static bool open_slot(hub_updates *updates, const uint8_t *head) {
    const hub_flash *flash = updates->flash;
    uint8_t slot = idle_slot(updates), there[HUB_IMAGE_CONTENT];
    uint32_t length = flash->length(flash->context, slot);
    if (length >= HUB_IMAGE_CONTENT && length - HUB_IMAGE_CONTENT <= updates->size &&
        flash->read(flash->context, slot, 0, there, sizeof there) && memcmp(there, head, sizeof there) == 0) {
        updates->next = length - HUB_IMAGE_CONTENT;
        return true;
    }
    updates->next = 0;
    return flash->erase(flash->context, slot) && flash->write(flash->context, slot, 0, head, HUB_IMAGE_CONTENT);
}

static uint8_t begin(hub *device, hub_updates *updates, const hub_body *body) {
    uint8_t head[HUB_IMAGE_CONTENT];
    const hub_update_maker *maker = updates->maker;
    updates->open = false;
    if (!read_head(body, head) || !hub_is_signed(head, updates->key)) {
        return HUB_UPDATE_UNSIGNED;
    }
    if (device->board == NULL || strcmp((const char *)head + HUB_IMAGE_BOARD, device->board) != 0) {
        return HUB_UPDATE_OTHER_BOARD;
    }
    if (is_older((const char *)head + HUB_IMAGE_VERSION, device->firmware)) {
        return HUB_UPDATE_OLDER; /* its flaws may be known */
    }
    updates->size = hub_little(head + HUB_IMAGE_SIZE);
    if (updates->size > updates->flash->room - HUB_IMAGE_CONTENT) {
        return HUB_UPDATE_TOO_LARGE;
    }
    /* While an image is on trial the other slot is what there is to go back to. */
    if (updates->record.trial == HUB_ON_TRIAL || (maker != NULL && maker->may_begin != NULL && !maker->may_begin(maker->user)) ||
        !open_slot(updates, head)) {
        return HUB_UPDATE_NOT_NOW;
    }
    updates->open = true;
    return HUB_UPDATE_SEND;
}

static uint8_t store(hub_updates *updates, const hub_body *body) {
    uint32_t offset, check;
    hub_value block;
    const hub_flash *flash = updates->flash;
    if (!hub_body_uint(body, OFFSET, &offset) || offset != updates->next || !hub_body_get(body, BYTES, &block) || block.type != HUB_BYTES ||
        !hub_body_uint(body, CHECK, &check) || check != hub_crc32(block.as.bytes, block.length) || block.length > updates->size - offset) {
        return HUB_UPDATE_SEND;
    }
    if (!flash->write(flash->context, idle_slot(updates), HUB_IMAGE_CONTENT + offset, block.as.bytes, block.length)) {
        updates->open = false;
        return HUB_UPDATE_NOT_NOW;
    }
    updates->next += block.length;
    return HUB_UPDATE_SEND;
}

static void forget(hub_updates *updates) {
    updates->open = false;
    updates->flash->erase(updates->flash->context, idle_slot(updates));
}

static uint8_t finish(hub *device, hub_updates *updates) {
    hub_record record = {updates->record.number, idle_slot(updates), HUB_ON_TRIAL, 0};
    if (updates->next != updates->size) {
        return HUB_UPDATE_SEND;
    }
    if (!hub_slot_is_whole(updates->flash, record.slot, updates->key)) {
        forget(updates);
        return HUB_UPDATE_DAMAGED;
    }
    if (!hub_record_save(updates->flash, &record)) {
        updates->open = false;
        return HUB_UPDATE_NOT_NOW;
    }
    updates->leaving = true;
    updates->since = device->port->now(device->port->context);
    return HUB_UPDATE_WHOLE;
}

static uint8_t answer(hub *device, hub_updates *updates, uint8_t kind, uint32_t transfer, const hub_body *body) {
    bool known = updates->open && transfer == updates->transfer;
    if (updates->leaving) {
        return known ? HUB_UPDATE_WHOLE : HUB_UPDATE_NOT_NOW;
    }
    if (kind == HUB_OTA_BEGIN) {
        updates->transfer = transfer;
        return begin(device, updates, body);
    }
    if (!known) {
        return HUB_UPDATE_NONE;
    }
    if (kind == HUB_OTA_DATA) {
        return store(updates, body);
    }
    if (kind == HUB_OTA_END) {
        return finish(device, updates);
    }
    forget(updates);
    return HUB_UPDATE_NONE;
}

static void watch(hub *device, hub_updates *updates) {
    const hub_update_maker *maker = updates->maker;
    hub_record *record = &updates->record;
    uint32_t passed = device->port->now(device->port->context) - updates->since;
    if (updates->leaving) {
        if (passed >= LEAVE_AFTER) {
            updates->flash->restart(updates->flash->context);
        }
    } else if (record->trial == HUB_ON_TRIAL) {
        if (hub_is_known(device) && (maker == NULL || maker->is_healthy == NULL || maker->is_healthy(maker->user))) {
            record->trial = HUB_CONFIRMED;
            record->starts = 0;
            if (hub_record_save(updates->flash, record)) {
                device->image = HUB_CONFIRMED;
                hub_say_again(device);
            } else {
                record->trial = HUB_ON_TRIAL;
            }
        } else if (passed >= HUB_TRIAL_LASTS) {
            hub_record back = {record->number, idle_slot(updates), HUB_WENT_BACK, 0};
            hub_record_save(updates->flash, &back); /* should it fail, the boot loader counts */
            updates->flash->restart(updates->flash->context);
        }
    }
}

static void on_update(hub *device, uint8_t kind, const hub_body *body, void *state) {
    hub_updates *updates = (hub_updates *)state;
    uint32_t transfer;
    hub_writer writer;
    if (body == NULL) {
        watch(device, updates);
    } else if (hub_body_uint(body, TRANSFER, &transfer)) {
        uint8_t code = answer(device, updates, kind, transfer, body);
        if (hub_say(device, &writer, HUB_OTA_STATE)) {
            hub_put_uint(&writer, 0, transfer);
            hub_put_uint(&writer, 1, updates->next);
            hub_put_uint(&writer, 2, code);
            hub_said(device, &writer);
        }
    }
}

void hub_take_updates(hub *device, hub_updates *updates, const hub_flash *flash, const uint8_t *key, const hub_update_maker *maker) {
    memset(updates, 0, sizeof *updates);
    updates->flash = flash;
    updates->key = key;
    updates->maker = maker;
    updates->since = device->port->now(device->port->context);
    hub_record_load(flash, &updates->record);
    device->image = updates->record.trial;
    hub_on_update(device, on_update, updates);
}
