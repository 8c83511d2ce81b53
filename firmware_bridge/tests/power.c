/* Updates a device whose power fails at every step in turn: power KEY OLD-IMAGE NEW-IMAGE healthy|sick
 *
 * The flash is an array that stops in the middle of the step at which the power goes: before it did anything, half
 * done, or done; then it goes once more some steps later. Whatever happened, each start must find a whole image to
 * run, and the device must end with the new image confirmed (healthy) or back at the old one (sick).
 * Prints how many courses there were.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update/hub_update.h"

enum { ROOM = 4096, NEVER = 1000000 };

/* ---- the flash, and its power ---- */

static uint8_t areas[4][ROOM];
static uint32_t lengths[4];
static int steps_left, steps_after, cuts;
static int how_far; /* 0 nothing, 1 half, 2 all of the step at which the power goes */
static jmp_buf start_anew;

/* How many of `size` bytes are done before the power goes, if it goes. */
static size_t done_of(size_t size, bool *goes) {
    *goes = steps_left-- == 0;
    return !*goes || how_far == 2 ? size : how_far == 1 ? size / 2 : 0;
}

static void lose_power(void) {
    cuts++;
    steps_left = steps_after;
    steps_after = NEVER;
    longjmp(start_anew, 1);
}

static uint32_t length(void *context, uint8_t area) {
    (void)context;
    return lengths[area];
}

static bool erase(void *context, uint8_t area) {
    bool goes;
    size_t done = done_of(ROOM, &goes);
    (void)context;
    memset(areas[area], 0xFF, done);
    if (!goes || how_far == 2) {
        lengths[area] = 0;
    }
    if (goes) {
        lose_power();
    }
    return true;
}

static bool write_area(void *context, uint8_t area, uint32_t offset, const uint8_t *bytes, size_t size) {
    bool goes;
    size_t done = done_of(size, &goes);
    (void)context;
    memcpy(areas[area] + offset, bytes, done);
    if (done > 0) {
        lengths[area] = offset + (uint32_t)done;
    }
    if (goes) {
        lose_power();
    }
    return true;
}

static bool read_area(void *context, uint8_t area, uint32_t offset, uint8_t *bytes, size_t size) {
    (void)context;
    if (offset + size > ROOM) {
        return false;
    }
    memcpy(bytes, areas[area] + offset, size);
    return true;
}

static void restart(void *context) {
    (void)context;
    longjmp(start_anew, 1);
}

static const hub_flash flash = {ROOM, length, erase, write_area, read_area, restart, NULL};

/* ---- the line ---- */

static uint8_t to_device[4096], to_host[4096];
static size_t device_in, device_out, host_in, host_out;
static uint32_t moment, boots;

static size_t take(void *context, uint8_t *bytes, size_t size) {
    size_t some = device_in - device_out < size ? device_in - device_out : size;
    (void)context;
    memcpy(bytes, to_device + device_out, some);
    device_out += some;
    if (device_out == device_in) {
        device_in = device_out = 0;
    }
    return some;
}

static size_t give(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    memcpy(to_host + host_in, bytes, size);
    host_in += size;
    return size;
}

static uint32_t now(void *context) {
    (void)context;
    return moment;
}

static uint32_t boot(void *context) {
    (void)context;
    return ++boots;
}

static const hub_port port = {take, give, now, boot, NULL};

static void tell(hub_writer *writer) {
    device_in += hub_write_end(writer);
}

static void begin_to_tell(hub_writer *writer, uint8_t kind) {
    hub_write(writer, to_device + device_in, HUB_LINE_MAX, kind, 0, 0);
}

/* ---- the host: hands the image over, again and again ---- */

static uint8_t image[ROOM];
static bool begun, all_said, trial_seen;
static uint8_t trial; /* as hello has it */

static void put_bytes(hub_writer *writer, uint8_t key, const uint8_t *bytes, uint8_t size) {
    hub_value value = {HUB_BYTES, 0, {0}};
    value.length = size;
    value.as.bytes = bytes;
    hub_put(writer, key, &value);
}

static void hand_over(uint32_t offset) {
    hub_writer writer;
    uint32_t size = hub_little(image + HUB_IMAGE_SIZE);
    const uint8_t *content = image + HUB_IMAGE_CONTENT + offset;
    if (!begun) {
        begin_to_tell(&writer, HUB_OTA_BEGIN);
        hub_put_uint(&writer, 0, 7);
        hub_put_uint(&writer, 1, size);
        put_bytes(&writer, 2, image + HUB_IMAGE_DIGEST, 32);
        put_bytes(&writer, 3, image + HUB_IMAGE_SIGNATURE, 64);
        hub_put_text(&writer, 4, (const char *)image + HUB_IMAGE_BOARD);
        hub_put_text(&writer, 5, (const char *)image + HUB_IMAGE_VERSION);
    } else if (offset < size) {
        uint8_t some = size - offset < 192 ? (uint8_t)(size - offset) : 192;
        begin_to_tell(&writer, HUB_OTA_DATA);
        hub_put_uint(&writer, 0, 7);
        hub_put_uint(&writer, 1, offset);
        put_bytes(&writer, 2, content, some);
        hub_put_uint(&writer, 3, hub_crc32(content, some));
    } else {
        begin_to_tell(&writer, HUB_OTA_END);
        hub_put_uint(&writer, 0, 7);
    }
    tell(&writer);
}

static void hear(const hub_frame *frame) {
    hub_writer writer;
    uint32_t number = 0, offset = 0;
    hub_body_uint(&frame->body, 0, &number);
    if (frame->kind == HUB_PING) {
        begin_to_tell(&writer, HUB_TIME);
        hub_put_uint(&writer, 0, number);
        hub_put_uint(&writer, 1, moment);
        tell(&writer);
    } else if (frame->kind <= HUB_EVENT) {
        if (frame->kind == HUB_HELLO) {
            uint32_t said = 0;
            hub_body_uint(&frame->body, 5, &said);
            trial = (uint8_t)said;
            trial_seen = trial_seen || trial != HUB_CONFIRMED;
        }
        all_said = all_said || frame->kind == HUB_STATE;
        begin_to_tell(&writer, HUB_ACK);
        hub_put_uint(&writer, 0, frame->seq);
        tell(&writer);
        if (frame->kind == HUB_STATE && trial == HUB_CONFIRMED && !begun && !trial_seen) {
            hand_over(0);
        }
    } else if (frame->kind == HUB_OTA_STATE) {
        hub_body_uint(&frame->body, 1, &offset);
        number = 0;
        hub_body_uint(&frame->body, 2, &number);
        if (number == HUB_UPDATE_SEND || number == HUB_UPDATE_NONE) {
            begun = number == HUB_UPDATE_SEND;
            hand_over(offset);
        } else if (number == HUB_UPDATE_DAMAGED) {
            begun = false; /* a block was half stored when the power went: from the beginning */
            hand_over(0);
        } else if (number != HUB_UPDATE_WHOLE) {
            printf("refused with code %lu\n", (unsigned long)number);
            exit(1);
        }
    }
}

/* ---- a course: from the old image to its end ---- */

static bool healthy;

static bool is_healthy(void *user) {
    (void)user;
    return healthy;
}

static const hub_update_maker maker = {NULL, is_healthy, NULL};

static uint32_t load(const char *path, uint8_t *into) {
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(into, 1, ROOM, file);
    if (size <= HUB_IMAGE_CONTENT) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return (uint32_t)size;
}

static void run(const uint8_t *key, const uint8_t *old, uint32_t old_size) {
    static hub device;
    static hub_entity entities[1];
    static hub_updates updates;
    static hub_reader reader;
    static volatile int starts;
    uint8_t slot;
    memset(areas, 0xFF, sizeof areas);
    memset(lengths, 0, sizeof lengths);
    memcpy(areas[HUB_SLOT_A], old, old_size);
    lengths[HUB_SLOT_A] = old_size;
    trial_seen = false;
    starts = cuts = 0;
    setjmp(start_anew);
    device_in = device_out = host_in = host_out = 0;
    begun = all_said = false;
    trial = HUB_ON_TRIAL;
    if (++starts > 50 || !hub_slot_to_run(&flash, key, &slot)) {
        printf("start %d finds nothing to run\n", starts);
        exit(1);
    }
    const char *version = (const char *)areas[slot] + HUB_IMAGE_VERSION;
    bool is_new = strcmp(version, (const char *)image + HUB_IMAGE_VERSION) == 0;
    hub_begin(&device, &port, entities, 1, "device", "Device", version);
    hub_board(&device, "relay-1");
    hub_switch(&device, "relay", "Relay");
    hub_take_updates(&device, &updates, &flash, key, &maker);
    if (memcmp(areas[HUB_SLOT_A], old, old_size) != 0) {
        printf("the old image was written to\n");
        exit(1);
    }
    hub_read_begin(&reader);
    for (uint32_t turn = 0; turn < 100000; turn++) {
        hub_frame frame;
        moment += 10;
        hub_poll(&device);
        while (host_out < host_in) {
            if (hub_read(&reader, to_host[host_out++], &frame)) {
                hear(&frame);
            }
        }
        host_in = host_out = 0;
        if (all_said && (healthy && is_new ? trial == HUB_CONFIRMED : trial == HUB_WENT_BACK && !is_new)) {
            return;
        }
    }
    printf("start %d never ends\n", starts);
    exit(1);
}

int main(int count, char **words) {
    static uint8_t old[ROOM], key[32];
    unsigned long courses = 0;
    if (count != 5 || strlen(words[1]) != 64) {
        return 2;
    }
    for (int at = 0; at < 32; at++) {
        char pair[3] = {words[1][2 * at], words[1][2 * at + 1], 0};
        key[at] = (uint8_t)strtoul(pair, NULL, 16);
    }
    uint32_t old_size = load(words[2], old);
    load(words[3], image);
    healthy = strcmp(words[4], "healthy") == 0;
    bool goes = true;
    for (int first = 0; goes; first++) {
        goes = false;
        for (how_far = 0; how_far < 3; how_far++) {
            bool again = true;
            for (int second = 0; again; second++) {
                steps_left = first;
                steps_after = second;
                run(key, old, old_size);
                courses++;
                goes = goes || cuts > 0;
                again = cuts > 1;
            }
        }
    }
    printf("%lu courses\n", courses);
    return 0;
}
