/* libFuzzer: a device with every kind of entity, and updates, to which any frames are said in any order.
 *
 * A frame of the input is: kind, bytes of the body, body; it is stuffed and checked, so that what is behind the check
 * is reached. The kinds 0 and 255 send the body as it is, and let time pass.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "update/hub_update.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { ROOM = 1024 };

static uint8_t line[600], areas[4][ROOM];
static size_t line_at, line_end, taken;
static uint32_t lengths[4], moment;
static bool restarted;

static size_t take(void *context, uint8_t *bytes, size_t size) {
    size_t some = line_end - line_at < size ? line_end - line_at : size;
    (void)context;
    memcpy(bytes, line + line_at, some);
    line_at += some;
    return some;
}

static size_t give(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    (void)bytes;
    return taken++ % 7 == 0 ? size / 2 : size;
}

static uint32_t now(void *context) {
    (void)context;
    return moment;
}

static uint32_t boot(void *context) {
    (void)context;
    return 7;
}

static uint32_t length(void *context, uint8_t area) {
    (void)context;
    return lengths[area];
}

static bool erase(void *context, uint8_t area) {
    (void)context;
    lengths[area] = 0;
    return true;
}

static bool write_area(void *context, uint8_t area, uint32_t offset, const uint8_t *bytes, size_t size) {
    (void)context;
    if (area == HUB_SLOT_A || offset != lengths[area] || offset + size > ROOM) {
        abort(); /* the running image is never written to, and nothing out of its turn */
    }
    memcpy(areas[area] + offset, bytes, size);
    lengths[area] = offset + (uint32_t)size;
    return true;
}

static bool read_area(void *context, uint8_t area, uint32_t offset, uint8_t *bytes, size_t size) {
    (void)context;
    if (offset + size > lengths[area]) {
        return false;
    }
    memcpy(bytes, areas[area] + offset, size);
    return true;
}

static void restart(void *context) {
    (void)context;
    restarted = true;
}

static uint8_t obey(hub *device, uint8_t entity, const hub_value *value, void *user) {
    (void)user;
    if (entity >= 10 || value->type == HUB_NIL || value->type == HUB_BYTES) {
        abort();
    }
    if (value->type == HUB_BOOL && entity < 2) {
        hub_set_bool(device, entity, value->as.boolean);
    }
    if (entity == 2 && value->type == HUB_UINT) {
        hub_set_int(device, entity, value->as.integer);
    }
    if (value->type == HUB_TEXT) {
        hub_fire(device, 9, "double");
    }
    return value->as.natural % 5 == 0 ? HUB_REFUSED : HUB_DONE;
}

static void say(uint8_t kind, const uint8_t *body, size_t size) {
    uint8_t plain[256] = {HUB_VERSION, kind, 1, 0};
    size_t code = 0, out = 1;
    memcpy(plain + HUB_HEADER, body, size);
    uint16_t crc = hub_crc16(plain, HUB_HEADER + size);
    plain[HUB_HEADER + size] = (uint8_t)crc;
    plain[HUB_HEADER + size + 1] = (uint8_t)(crc >> 8);
    for (size_t at = 0; at < HUB_HEADER + size + HUB_CHECK; at++) {
        if (plain[at] == 0 || out - code == 255) {
            line[code] = (uint8_t)(out - code);
            code = out++;
        }
        if (plain[at] != 0) {
            line[out++] = plain[at];
        }
    }
    line[code] = (uint8_t)(out - code);
    line[out++] = 0;
    line_end = out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const hub_port port = {take, give, now, boot, NULL};
    static const hub_flash flash = {ROOM, length, erase, write_area, read_area, restart, NULL};
    /* The public key of vectors.json: the corpus holds an image signed by it. */
    static const uint8_t key[32] = {0x8a, 0x88, 0xe3, 0xdd, 0x74, 0x09, 0xf1, 0x95, 0xfd, 0x52, 0xdb, 0x2d, 0x3c, 0xba, 0x5d, 0x72,
                                    0xca, 0x67, 0x09, 0xbf, 0x1d, 0x94, 0x12, 0x1b, 0xf3, 0x74, 0x88, 0x01, 0xb4, 0x0f, 0x6f, 0x5c};
    static hub device;
    static hub_entity entities[10];
    static hub_updates updates;
    memset(lengths, 0, sizeof lengths);
    line_at = line_end = taken = 0;
    moment = 0xFFFFF000;
    restarted = false;
    hub_begin(&device, &port, entities, 10, "fuzz", "Fuzz", "1");
    hub_board(&device, "relay-1");
    hub_on_command(&device, obey, NULL);
    hub_restore(&device, hub_switch(&device, "a", "A"));
    hub_light(&device, "b", "B");
    hub_dimmer(&device, "c", "C");
    hub_sensor(&device, "d", "D", "W", "power");
    hub_binary_sensor(&device, "e", "E", NULL);
    hub_cover(&device, "f", "F", "blind");
    hub_number(&device, "g", "G", NULL, -5, 5, 0.5f);
    hub_select(&device, "h", "H", "one,two");
    hub_button(&device, "i", "I");
    hub_event(&device, "j", "J", "single,double");
    hub_take_updates(&device, &updates, &flash, key, NULL);
    for (size_t at = 0; at + 2 <= size && !restarted;) {
        uint8_t kind = bytes[at], some = bytes[at + 1];
        at += 2;
        if (some > size - at || some > 250) {
            break;
        }
        line_at = line_end = 0;
        if (kind == 255) {
            moment += (uint32_t)some << 8;
            hub_set_float(&device, 3, (float)some / 3);
        } else if (kind == 0) {
            memcpy(line, bytes + at, some);
            line_end = some;
        } else {
            say(kind, bytes + at, some);
        }
        at += some;
        moment += 5;
        hub_poll(&device);
        hub_poll(&device);
    }
    /* Such mistakes only a maker can make. */
    if (hub_error(&device) != HUB_FINE && hub_error(&device) != HUB_BUSY) {
        abort();
    }
    return 0;
}
