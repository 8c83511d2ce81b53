/* Reads a line from standard input; for each whole frame prints what it holds and the bytes it is written as.
 *
 *     KIND SEQ NODE KEY:VALUE ... = LINE
 *
 * A value is n, b0, b1, u and i with the number, f with its bits, t and x with the bytes in hexadecimal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "hub_frame.h"

static void print_bytes(char mark, const uint8_t *bytes, size_t length) {
    putchar(mark);
    for (size_t at = 0; at < length; at++) {
        printf("%02x", bytes[at]);
    }
}

static void print_value(const hub_value *value) {
    uint32_t bits;
    switch (value->type) {
    case HUB_NIL:
        putchar('n');
        break;
    case HUB_BOOL:
        printf("b%d", value->as.boolean);
        break;
    case HUB_UINT:
        printf("u%lu", (unsigned long)value->as.natural);
        break;
    case HUB_INT:
        printf("i%ld", (long)value->as.integer);
        break;
    case HUB_FLOAT:
        memcpy(&bits, &value->as.real, sizeof bits);
        printf("f%08lx", (unsigned long)bits);
        break;
    case HUB_TEXT:
        print_bytes('t', (const uint8_t *)value->as.text, value->length);
        break;
    default:
        print_bytes('x', value->as.bytes, value->length);
    }
}

int main(void) {
    static hub_reader reader;
    static uint8_t room[HUB_LINE_MAX];
    hub_frame frame;
    int byte;
    hub_read_begin(&reader);
    while ((byte = getchar()) != EOF) {
        if (!hub_read(&reader, (uint8_t)byte, &frame)) {
            continue;
        }
        hub_writer writer;
        hub_body body = frame.body;
        uint8_t key;
        hub_value value;
        hub_write(&writer, room, sizeof room, frame.kind, frame.seq, frame.node);
        printf("%u %u %u", frame.kind, frame.seq, frame.node);
        while (hub_body_next(&body, &key, &value)) {
            printf(" %u:", key);
            print_value(&value);
            hub_put(&writer, key, &value);
        }
        printf(" = ");
        print_bytes(' ', room, hub_write_end(&writer));
        putchar('\n');
    }
    return 0;
}
