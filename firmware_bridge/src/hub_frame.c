/* See hub_frame.h. Stuffing: consistent overhead byte stuffing (Cheshire and Baker, SIGCOMM 1997).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_frame.h"

#include <string.h>

/* The plain frame is built this far into its room, so that stuffing never overtakes what it reads. */
enum { SPARE = 2 };

uint16_t hub_crc16(const uint8_t *bytes, size_t length) {
    uint16_t crc = 0xFFFF;
    while (length-- > 0) {
        crc = (uint16_t)(crc ^ (uint16_t)*bytes++ << 8);
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000) != 0 ? (uint16_t)((crc << 1) ^ 0x1021) : (uint16_t)(crc << 1);
        }
    }
    return crc;
}

/* ---- writing ---- */

static void put_byte(hub_writer *writer, uint8_t byte) {
    if (writer->used >= writer->end) {
        writer->failed = true;
        return;
    }
    writer->room[writer->used++] = byte;
}

/* A tag, then the low `count` bytes of a number, highest first. */
static void put_number(hub_writer *writer, uint8_t tag, uint32_t value, uint8_t count) {
    put_byte(writer, tag);
    while (count-- > 0) {
        put_byte(writer, (uint8_t)(value >> (8 * count)));
    }
}

/* The shortest form: the number in its tag, or 1, 2 or 4 bytes after 0xCC, 0xCD, 0xCE (0xD0, 0xD1, 0xD2 below zero). */
static void put_integer(hub_writer *writer, uint32_t bits, bool negative) {
    /* Half of what fits without a sign fits with one. */
    uint32_t reach = negative ? ~bits << 1 : bits;
    if (reach < (negative ? 0x40 : 0x80)) {
        put_byte(writer, (uint8_t)bits);
    } else {
        uint8_t power = reach > 0xFFFF ? 2 : reach > 0xFF ? 1 : 0;
        put_number(writer, (uint8_t)((negative ? 0xD0 : 0xCC) + power), bits, (uint8_t)(1 << power));
    }
}

static void put_bytes(hub_writer *writer, const void *from, uint8_t length) {
    const uint8_t *bytes = (const uint8_t *)from;
    for (uint8_t at = 0; at < length && !writer->failed; at++) {
        put_byte(writer, bytes[at]);
    }
}

bool hub_is_finite(const hub_value *real) {
    return (real->as.natural & 0x7F800000) != 0x7F800000;
}

void hub_write(hub_writer *writer, uint8_t *room, hub_length size, uint8_t kind, uint8_t seq, uint8_t node) {
    const uint8_t header[HUB_HEADER] = {HUB_VERSION, kind, seq, node};
    writer->room = room;
    /* The check has to fit behind the last byte, and the closing zero behind the check. */
    if (size > SPARE + HUB_FRAME_MAX) {
        size = SPARE + HUB_FRAME_MAX + 1;
    }
    writer->end = size > HUB_CHECK + 1 ? (hub_length)(size - HUB_CHECK - 1) : 0;
    writer->used = SPARE;
    writer->entries = 0;
    writer->failed = false;
    put_bytes(writer, header, HUB_HEADER);
    put_byte(writer, 0x80); /* how many entries: written at the end */
}

void hub_put(hub_writer *writer, uint8_t key, const hub_value *value) {
    put_integer(writer, key, false);
    writer->entries++;
    switch (value->type) {
    case HUB_NIL:
        put_byte(writer, 0xC0);
        break;
    case HUB_BOOL:
        put_byte(writer, value->as.boolean ? 0xC3 : 0xC2);
        break;
    case HUB_UINT:
    case HUB_INT:
        put_integer(writer, value->as.natural, value->type == HUB_INT && value->as.integer < 0);
        break;
    case HUB_FLOAT:
        writer->failed = writer->failed || !hub_is_finite(value);
        put_number(writer, 0xCA, value->as.natural, 4);
        break;
    case HUB_TEXT:
        if (value->length < 32) {
            put_byte(writer, 0xA0 | value->length);
        } else {
            put_number(writer, 0xD9, value->length, 1);
        }
        put_bytes(writer, value->as.text, value->length);
        break;
    case HUB_BYTES:
        put_number(writer, 0xC4, value->length, 1);
        put_bytes(writer, value->as.bytes, value->length);
        break;
    default:
        writer->failed = true;
    }
}

void hub_put_uint(hub_writer *writer, uint8_t key, uint32_t natural) {
    hub_value value = {HUB_UINT, 0, {0}};
    value.as.natural = natural;
    hub_put(writer, key, &value);
}

void hub_put_text(hub_writer *writer, uint8_t key, const char *text) {
    hub_value value = {HUB_TEXT, 0, {0}};
    size_t length = strlen(text);
    value.length = (uint8_t)length;
    value.as.text = text;
    writer->failed = writer->failed || length > UINT8_MAX;
    hub_put(writer, key, &value);
}

bool hub_put_if_room(hub_writer *writer, uint8_t key, const hub_value *value) {
    const hub_writer before = *writer;
    hub_put(writer, key, value);
    /* Two bytes stay free for the longer count of sixteen entries and more. */
    if (writer->failed || writer->entries > HUB_ENTRIES_MAX || writer->used + 2 > writer->end) {
        *writer = before;
        return false;
    }
    return true;
}

static hub_length stuff(uint8_t *room, hub_length end) {
    hub_length code = 0;
    hub_length out = 1;
    uint8_t run = 1;
    for (hub_length at = SPARE; at < end; at++) {
        uint8_t byte = room[at];
        if (byte != 0) {
            room[out++] = byte;
            run++;
        }
        if (byte == 0 || (run == 0xFF && at + 1 < end)) {
            room[code] = run;
            code = out++;
            run = 1;
        }
    }
    room[code] = run;
    room[out++] = 0;
    return out;
}

hub_length hub_write_end(hub_writer *writer) {
    uint8_t *count = writer->room + SPARE + HUB_HEADER;
    if (writer->entries < 16) {
        *count = 0x80 | writer->entries;
    } else {
        put_byte(writer, 0);
        put_byte(writer, 0);
        if (writer->failed || writer->entries > HUB_ENTRIES_MAX) {
            return 0;
        }
        memmove(count + 3, count + 1, (size_t)(writer->room + writer->used - count - 3));
        count[0] = 0xDE;
        count[1] = 0;
        count[2] = writer->entries;
    }
    if (writer->failed) {
        return 0;
    }
    uint16_t crc = hub_crc16(writer->room + SPARE, writer->used - SPARE);
    writer->room[writer->used++] = (uint8_t)crc;
    writer->room[writer->used++] = (uint8_t)(crc >> 8);
    return stuff(writer->room, writer->used);
}

/* ---- reading ---- */

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool is_utf8(const uint8_t *at, uint8_t length) {
    while (length > 0) {
        uint8_t lead = *at++;
        uint8_t more = lead < 0x80 ? 0 : lead < 0xC2 ? UINT8_MAX : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : UINT8_MAX;
        length--;
        if (more > length) {
            return false;
        }
        if (more > 0) {
            uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            if (*at < least || *at > most) {
                return false;
            }
        }
        for (uint8_t rest = 0; rest < more; rest++) {
            if ((*at++ & 0xC0) != 0x80) {
                return false;
            }
        }
        length = (uint8_t)(length - more);
    }
    return true;
}

/* Takes a number of `count` bytes, highest first. */
static bool take(hub_body *body, uint8_t count, bool with_sign, uint32_t *number) {
    if (body->end - body->at < count) {
        return false;
    }
    *number = with_sign && (*body->at & 0x80) != 0 ? UINT32_MAX : 0;
    while (count-- > 0) {
        *number = *number << 8 | *body->at++;
    }
    return true;
}

/* What a tag begins, and of how many bytes a number or length follows it; not 0xA0-0xBF. False: nothing we know. */
static bool is_known(uint8_t tag, uint8_t *type, uint8_t *width) {
    *width = (uint8_t)(1 << (tag & 3));
    if (tag >= 0xCC && tag <= 0xCE) {
        *type = HUB_UINT;
    } else if (tag >= 0xD0 && tag <= 0xD2) {
        *type = HUB_INT;
    } else if (tag == 0xCA) {
        *type = HUB_FLOAT; /* of 1 << 2 bytes, as luck has it */
    } else if (tag == 0xC4) {
        *type = HUB_BYTES;
    } else if (tag == 0xD9) {
        *type = HUB_TEXT;
        *width = 1;
    } else {
        *width = 0;
        *type = tag == 0xC0 ? HUB_NIL : HUB_BOOL;
        return tag == 0xC0 || (tag & 0xFE) == 0xC2;
    }
    return true;
}

static bool take_value(hub_body *body, hub_value *value) {
    uint32_t number;
    uint8_t tag, type, width;
    if (body->at == body->end) {
        return false;
    }
    tag = *body->at++;
    if ((tag & 0xE0) == 0xA0) {
        type = HUB_TEXT;
        width = 0;
    } else if (tag < 0x80 || tag >= 0xE0) {
        type = HUB_INT; /* the tag is the number */
        width = 1;
        body->at--;
    } else if (!is_known(tag, &type, &width)) {
        return false;
    }
    if (!take(body, width, type == HUB_INT, &number)) {
        return false;
    }
    value->length = 0;
    value->as.natural = number;
    if (type >= HUB_TEXT) {
        uint8_t length = width == 0 ? tag & 0x1F : (uint8_t)number;
        if (body->end - body->at < length || (type == HUB_TEXT && !is_utf8(body->at, length))) {
            return false;
        }
        value->length = length;
        value->as.bytes = body->at;
        if (type == HUB_TEXT) {
            value->as.text = (const char *)body->at;
        }
        body->at += length;
    } else if (type == HUB_BOOL) {
        value->as.boolean = (tag & 1) != 0;
    } else if (type == HUB_INT && (number & 0x80000000) == 0) {
        type = HUB_UINT;
    } else if (type == HUB_FLOAT && !hub_is_finite(value)) {
        type = HUB_NIL;
    }
    value->type = type;
    return true;
}

bool hub_body_next(hub_body *body, uint8_t *key, hub_value *value) {
    hub_value name;
    if (body->left == 0 || !take_value(body, &name) || name.type != HUB_UINT || name.as.natural > UINT8_MAX) {
        return false;
    }
    body->left--;
    *key = (uint8_t)name.as.natural;
    return take_value(body, value);
}

bool hub_body_open(hub_body *body, const uint8_t *bytes, size_t length) {
    uint32_t count;
    body->at = bytes;
    body->end = bytes + length;
    if (!take(body, 1, false, &count)) {
        return false;
    }
    if (count == 0xDE) {
        if (!take(body, 2, false, &count)) {
            return false;
        }
    } else if ((count & 0xF0) == 0x80) {
        count &= 0x0F;
    } else {
        return false;
    }
    if (count > HUB_ENTRIES_MAX) {
        return false;
    }
    body->left = (uint8_t)count;
    hub_body walk = *body;
    while (walk.left > 0) {
        uint8_t key;
        hub_value value;
        if (!hub_body_next(&walk, &key, &value) || hub_body_get(&walk, key, &value)) {
            return false;
        }
    }
    return walk.at == walk.end;
}

bool hub_body_get(const hub_body *body, uint8_t key, hub_value *value) {
    hub_body walk = *body;
    uint8_t found;
    while (hub_body_next(&walk, &found, value)) {
        if (found == key) {
            return true;
        }
    }
    return false;
}

bool hub_body_uint(const hub_body *body, uint8_t key, uint32_t *number) {
    hub_value value;
    if (!hub_body_get(body, key, &value) || value.type != HUB_UINT) {
        return false;
    }
    *number = value.as.natural;
    return true;
}

void hub_read_begin(hub_reader *reader) {
    reader->used = 0;
    reader->code = 0;
    reader->left = 0;
    reader->overlong = false;
}

static void hold(hub_reader *reader, uint8_t byte) {
    if (reader->used == HUB_FRAME_MAX) {
        reader->overlong = true;
    } else {
        reader->room[reader->used++] = byte;
    }
}

static bool close_frame(const hub_reader *reader, hub_frame *frame) {
    const uint8_t *room = reader->room;
    if (reader->overlong || reader->left > 0 || reader->used < HUB_HEADER + HUB_CHECK) {
        return false;
    }
    hub_length length = (hub_length)(reader->used - HUB_CHECK);
    uint16_t check = (uint16_t)(room[length] | (uint16_t)room[length + 1] << 8);
    if (hub_crc16(room, length) != check || room[0] != HUB_VERSION) {
        return false;
    }
    frame->kind = room[1];
    frame->seq = room[2];
    frame->node = room[3];
    return hub_body_open(&frame->body, room + HUB_HEADER, (size_t)(length - HUB_HEADER));
}

bool hub_read(hub_reader *reader, uint8_t byte, hub_frame *frame) {
    if (byte == 0) {
        bool whole = close_frame(reader, frame);
        hub_read_begin(reader);
        return whole;
    }
    if (reader->left > 0) {
        reader->left--;
        hold(reader, byte);
        return false;
    }
    if (reader->code != 0 && reader->code != 0xFF) {
        hold(reader, 0); /* the zero that ended the run before */
    }
    reader->code = byte;
    reader->left = (uint8_t)(byte - 1);
    return false;
}
