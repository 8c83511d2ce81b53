/* Frames: COBS, a header of four bytes, a flat msgpack map, CRC-16. Specified in ../README.md.
 *
 * Nothing here allocates, recurses or calls the C library's input and output.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_FRAME_H
#define HUB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most bytes of a frame before stuffing; the specification's 256 halved where RAM is 2 KB. */
#ifndef HUB_FRAME_MAX
#ifdef __AVR__
#define HUB_FRAME_MAX 128
#else
#define HUB_FRAME_MAX 256
#endif
#endif
/* Room for a frame on the line: two bytes of stuffing at most, and the closing zero. */
#define HUB_LINE_MAX (HUB_FRAME_MAX + 3)
/* Counts bytes of a line. */
#if HUB_LINE_MAX < 256
typedef uint8_t hub_length;
#else
typedef uint16_t hub_length;
#endif

enum { HUB_VERSION = 1, HUB_HEADER = 4, HUB_CHECK = 2, HUB_ENTRIES_MAX = 64 };

enum hub_message {
    HUB_HELLO = 1,
    HUB_DESCRIBE,
    HUB_STATE,
    HUB_EVENT,
    HUB_COMMAND,
    HUB_RESULT,
    HUB_PING,
    HUB_TIME,
    HUB_LOG,
    HUB_ACK,
    HUB_OTA_BEGIN = 16,
    HUB_OTA_DATA,
    HUB_OTA_END,
    HUB_OTA_ABORT,
    HUB_OTA_STATE
};

enum hub_type { HUB_NIL, HUB_BOOL, HUB_UINT, HUB_INT, HUB_FLOAT, HUB_TEXT, HUB_BYTES };

/* A scalar. HUB_INT is below zero, HUB_UINT is not; text has no closing zero when it was read. */
typedef struct {
    uint8_t type;
    uint8_t length; /* of text and bytes */
    union {
        bool boolean;
        uint32_t natural;
        int32_t integer;
        float real;
        const char *text;
        const uint8_t *bytes;
    } as;
} hub_value;

/* CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected. */
uint16_t hub_crc16(const uint8_t *bytes, size_t length);

/* False for a float that is infinite or no number. */
bool hub_is_finite(const hub_value *real);

/* ---- writing ---- */

typedef struct {
    uint8_t *room;
    hub_length end; /* of what `used` may grow to */
    hub_length used;
    uint8_t entries;
    bool failed; /* sticky: too long, or a value that cannot be sent */
} hub_writer;

/* Begins a frame in `room`, which has `size` bytes (HUB_LINE_MAX is always enough). */
void hub_write(hub_writer *writer, uint8_t *room, hub_length size, uint8_t kind, uint8_t seq, uint8_t node);
void hub_put(hub_writer *writer, uint8_t key, const hub_value *value);
void hub_put_uint(hub_writer *writer, uint8_t key, uint32_t value);
void hub_put_text(hub_writer *writer, uint8_t key, const char *text);
/* Puts the value if the frame stays within its bounds; else leaves the frame as it was and returns false. */
bool hub_put_if_room(hub_writer *writer, uint8_t key, const hub_value *value);
/* Returns how many bytes of `room` go onto the line, closing zero included; 0 if anything failed. */
hub_length hub_write_end(hub_writer *writer);

/* ---- reading ---- */

/* Walks over a body; a copy of it walks again. */
typedef struct {
    const uint8_t *at;
    const uint8_t *end;
    uint8_t left; /* entries */
} hub_body;

typedef struct {
    uint8_t kind;
    uint8_t seq;
    uint8_t node;
    hub_body body;
} hub_frame;

typedef struct {
    hub_length used;
    uint8_t code; /* of the run being read; 0: none yet */
    uint8_t left; /* bytes of that run still to come */
    bool overlong;
    uint8_t room[HUB_FRAME_MAX];
} hub_reader;

void hub_read_begin(hub_reader *reader);
/* Takes a byte off the line. True if it closed a whole, valid frame, which lies in `reader` until the next byte. */
bool hub_read(hub_reader *reader, uint8_t byte, hub_frame *frame);
/* Opens a body and checks all of it: distinct keys, known scalars, nothing after it. */
bool hub_body_open(hub_body *body, const uint8_t *bytes, size_t length);
bool hub_body_next(hub_body *body, uint8_t *key, hub_value *value);
/* Looks up one key of a checked body. */
bool hub_body_get(const hub_body *body, uint8_t key, hub_value *value);
bool hub_body_uint(const hub_body *body, uint8_t key, uint32_t *value);

#ifdef __cplusplus
}
#endif
#endif
