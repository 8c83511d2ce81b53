/* libFuzzer: what is read of any line is written again as a frame that reads the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "hub_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool same(const hub_value *a, const hub_value *b) {
    if (a->type != b->type || a->length != b->length) {
        return false;
    }
    switch (a->type) {
    case HUB_NIL:
        return true;
    case HUB_BOOL:
        return a->as.boolean == b->as.boolean;
    case HUB_TEXT:
    case HUB_BYTES:
        return memcmp(a->as.bytes, b->as.bytes, a->length) == 0;
    default:
        return a->as.natural == b->as.natural;
    }
}

static void must(bool well) {
    if (!well) {
        abort();
    }
}

static void check(const hub_frame *frame) {
    static hub_reader reader;
    uint8_t room[HUB_LINE_MAX], key, again_key;
    hub_writer writer;
    hub_value value, again_value;
    hub_frame again;
    hub_body body = frame->body;
    uint8_t entries = 0;
    hub_write(&writer, room, sizeof room, frame->kind, frame->seq, frame->node);
    while (hub_body_next(&body, &key, &value)) {
        hub_put(&writer, key, &value);
        entries++;
    }
    hub_length length = hub_write_end(&writer);
    must(length > 0); /* what we write is never longer than what we read */
    hub_read_begin(&reader);
    for (hub_length at = 0; at + 1 < length; at++) {
        must(room[at] != 0);
        must(!hub_read(&reader, room[at], &again));
    }
    must(hub_read(&reader, room[length - 1], &again));
    must(again.kind == frame->kind && again.seq == frame->seq && again.node == frame->node);
    body = frame->body;
    while (entries-- > 0) {
        must(hub_body_next(&body, &key, &value) && hub_body_next(&again.body, &again_key, &again_value));
        must(key == again_key && same(&value, &again_value));
    }
    must(!hub_body_next(&again.body, &again_key, &again_value));
}

/* The first byte says what follows: a line, or the inside of a frame that is stuffed and checked first. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static hub_reader reader;
    hub_frame frame;
    hub_read_begin(&reader);
    if (size == 0) {
        return 0;
    }
    if ((bytes[0] & 1) == 0) {
        for (size_t at = 1; at < size; at++) {
            if (hub_read(&reader, bytes[at], &frame)) {
                check(&frame);
            }
        }
    } else if (hub_body_open(&frame.body, bytes + 1, size - 1) && size - 1 <= HUB_FRAME_MAX - HUB_HEADER - HUB_CHECK) {
        frame.kind = frame.seq = frame.node = bytes[0];
        check(&frame);
    }
    return 0;
}
