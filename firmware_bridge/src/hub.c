/* See hub.h; the promises are those of ../README.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_parts.h"

#include <string.h>

/* Milliseconds. */
enum { REPEAT_HALF = 125, REPEAT_MOST = 2000, LINK_GOOD = 30000 };

uint32_t hub_now(const hub *device) {
    return device->port->now(device->port->context);
}

int32_t hub_after(uint32_t a, uint32_t b) {
    uint32_t ahead = a - b;
    int32_t later;
    memcpy(&later, &ahead, sizeof later); /* a cast is left to the compiler by the standard, two's complement is not */
    return later;
}

void hub_fail(hub *device, uint8_t error) {
    if (device->error == HUB_FINE) {
        device->error = error;
    }
}

bool hub_is_id(const char *id) {
    size_t length = 0;
    for (; id != NULL && id[length] != 0; length++) {
        char c = id[length];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (length > 0 && (c == '_' || c == '-')))) {
            return false;
        }
    }
    return length >= 1 && length <= 32;
}

void hub_begin(hub *device, const hub_port *port, hub_entity *entities, uint8_t room, const char *id,
               const char *name, const char *firmware) {
    memset(device, 0, sizeof *device);
    device->port = port;
    device->entities = entities;
    device->room = room;
    device->id = id;
    device->name = name;
    device->firmware = firmware;
    device->boot = port->boot(port->context);
    /* Numbers of the boot before may still be on their way: an answer to one of them is not ours. */
    device->seq = (uint8_t)(device->boot * 37);
    device->ping_token = device->boot * 0x9E3779B1;
    device->out_end = 1; /* a zero: whatever noise came before is over */
    hub_read_begin(&device->reader);
    if (!hub_is_id(id)) {
        hub_fail(device, HUB_BAD_ID);
    }
}

void hub_board(hub *device, const char *board) {
    device->board = board;
}

void hub_on_update(hub *device, hub_update update, void *state) {
    device->update = update;
    device->update_state = state;
}

void hub_on_command(hub *device, hub_obey obey, void *user) {
    device->obey = obey;
    device->user = user;
}

/* ---- saying ---- */

/* Gives the line what it takes. True: nothing is left. */
static bool flush(hub *device) {
    if (device->out_at < device->out_end) {
        size_t size = (size_t)(device->out_end - device->out_at);
        size_t taken = device->port->write(device->port->context, device->out + device->out_at, size);
        device->out_at = (hub_length)(device->out_at + (taken < size ? taken : size));
    }
    return device->out_at == device->out_end;
}

static bool send(hub *device, hub_writer *writer) {
    hub_length size = hub_write_end(writer);
    device->out_at = 0;
    device->out_end = size;
    if (size == 0) {
        hub_fail(device, HUB_TOO_LONG);
        return false;
    }
    flush(device);
    return true;
}

static void start(hub *device, hub_writer *writer, uint8_t kind, uint8_t seq) {
    hub_write(writer, device->out, sizeof device->out, kind, seq, 0);
}

bool hub_say(hub *device, hub_writer *writer, uint8_t kind) {
    if (!flush(device)) {
        return false;
    }
    start(device, writer, kind, device->seq++);
    return true;
}

bool hub_said(hub *device, hub_writer *writer) {
    return send(device, writer);
}

void hub_put_text_if(hub_writer *writer, uint8_t key, const char *text) {
    if (text != NULL) {
        hub_put_text(writer, key, text);
    }
}

static void say_hello(hub *device, hub_writer *writer) {
    hub_put_text(writer, 0, device->id);
    hub_put_text_if(writer, 1, device->firmware);
    hub_put_text_if(writer, 2, device->name);
    hub_put_uint(writer, 3, device->boot);
    hub_put_uint(writer, 4, device->count);
    if (device->image != 0) {
        hub_put_uint(writer, 5, device->image);
    }
    hub_put_text_if(writer, 6, device->board);
    if (HUB_FRAME_MAX != 256) {
        hub_put_uint(writer, 7, HUB_FRAME_MAX);
    }
}

/* Which message is to be said next until it is acknowledged; 0: none. */
static uint8_t next(const hub *device) {
    if (device->announced == 0) {
        return HUB_HELLO;
    }
    if (device->announced <= device->count) {
        return HUB_DESCRIBE;
    }
    if (device->waiting > 0 && device->announced > device->count + 1) {
        return HUB_EVENT;
    }
    return hub_is_changed(device) ? HUB_STATE : 0;
}

static void acknowledged(hub *device) {
    switch (device->flight) {
    case HUB_HELLO:
    case HUB_DESCRIBE:
        device->announced++;
        break;
    case HUB_EVENT:
        device->waiting--;
        memmove(device->events, device->events + 1, device->waiting * sizeof device->events[0]);
        break;
    default:
        hub_states_kept(device);
    }
    device->flight = 0;
}

static void say_next(hub *device, uint32_t moment) {
    hub_writer writer;
    uint16_t wait = device->repeats > 3 ? REPEAT_MOST : (uint16_t)(REPEAT_HALF << device->repeats);
    if (device->flight != 0 && moment - device->flight_at < wait) {
        return;
    }
    if (device->flight == HUB_STATE && device->stale) {
        device->flight = 0; /* other values want another number, and what is urgent goes first */
    }
    if (device->flight == 0) {
        device->repeats = 0;
        if (device->announced == device->count + 1 && !hub_is_changed(device)) {
            device->announced++;
        }
        device->flight = next(device);
        device->flight_seq = device->seq;
        if (device->flight == 0) {
            return;
        }
        device->seq++;
    }
    device->flight_at = moment;
    device->repeats = device->repeats > 3 ? 4 : (uint8_t)(device->repeats + 1);
    start(device, &writer, device->flight, device->flight_seq);
    if (device->flight == HUB_HELLO) {
        say_hello(device, &writer);
    } else if (device->flight == HUB_DESCRIBE) {
        hub_describe(device, (uint8_t)(device->announced - 1), &writer);
    } else if (device->flight == HUB_EVENT) {
        hub_put_uint(&writer, 0, device->events[0].entity);
        hub_put_text(&writer, 1, device->events[0].what);
        hub_put_uint(&writer, 2, device->events[0].number);
    } else {
        hub_put_states(device, &writer);
        if (writer.entries == 0) {
            device->flight = 0;
            return;
        }
    }
    if (!send(device, &writer) && device->flight != HUB_HELLO) {
        acknowledged(device); /* it can never be said; what follows can */
    }
}

void hub_say_again(hub *device) {
    device->announced = 0;
    device->flight = 0;
    hub_all_changed(device);
}

/* It may be another host, with another clock. */
static void on_hello(hub *device) {
    device->stepped = device->pinged = device->asking = false;
    hub_say_again(device);
}

static void refuse_update(hub *device, const hub_body *body) {
    uint32_t transfer;
    hub_writer writer;
    if (hub_body_uint(body, 0, &transfer) && hub_say(device, &writer, HUB_OTA_STATE)) {
        hub_put_uint(&writer, 0, transfer);
        hub_put_uint(&writer, 2, 7);
        hub_said(device, &writer);
    }
}

static void on_ack(hub *device, const hub_body *body) {
    uint32_t seq;
    if (device->flight != 0 && hub_body_uint(body, 0, &seq) && seq == device->flight_seq) {
        acknowledged(device);
    }
}

static void on_frame(hub *device, const hub_frame *frame) {
    if (frame->node != 0) {
        return;
    }
    switch (frame->kind) {
    case HUB_HELLO:
        on_hello(device);
        break;
    case HUB_COMMAND:
        hub_on_order(device, &frame->body);
        break;
    case HUB_TIME:
        hub_on_time(device, &frame->body);
        break;
    case HUB_ACK:
        on_ack(device, &frame->body);
        break;
    case HUB_OTA_BEGIN:
    case HUB_OTA_DATA:
    case HUB_OTA_END:
    case HUB_OTA_ABORT:
        if (device->update != NULL) {
            device->update(device, frame->kind, &frame->body, device->update_state);
        } else {
            refuse_update(device, &frame->body);
        }
        break;
    default:
        break; /* of a later version */
    }
}

/* Reads until a frame was answered that the line has not yet taken: so an answer always has room. */
static void listen(hub *device) {
    /* A line that never falls silent must not keep a maker's loop from going round. */
    for (uint16_t bytes = 0; bytes < 2 * HUB_LINE_MAX && flush(device); bytes++) {
        hub_frame frame;
        if (device->in_at == device->in_end) {
            size_t got = device->port->read(device->port->context, device->in, sizeof device->in);
            if (got == 0 || got > sizeof device->in) {
                return;
            }
            device->in_at = 0;
            device->in_end = (uint8_t)got;
        }
        if (hub_read(&device->reader, device->in[device->in_at++], &frame)) {
            on_frame(device, &frame);
        }
    }
}

void hub_poll(hub *device) {
    listen(device);
    if (!flush(device)) {
        return;
    }
    uint32_t moment = hub_now(device);
    if (hub_ping_due(device, moment)) {
        hub_ping(device, moment);
    } else {
        say_next(device, moment);
    }
    flush(device);
    if (device->update != NULL) {
        device->update(device, 0, NULL, device->update_state);
    }
}

/* ---- the rest ---- */

bool hub_log(hub *device, uint8_t level, const char *text) {
    hub_writer writer;
    if (!hub_say(device, &writer, HUB_LOG)) {
        return false;
    }
    hub_put_uint(&writer, 0, level);
    hub_put_text(&writer, 1, text);
    return send(device, &writer);
}

bool hub_linked(const hub *device) {
    return device->stepped && hub_now(device) - device->clock_at <= LINK_GOOD;
}

bool hub_idle(const hub *device) {
    return device->flight == 0 && next(device) == 0 && device->waiting == 0 && device->out_at == device->out_end;
}

bool hub_is_known(const hub *device) {
    return device->announced > device->count + 1;
}

bool hub_time(const hub *device, uint32_t *seconds) {
    if (device->dated) {
        *seconds = device->epoch + (hub_now(device) - device->clock_at) / 1000;
    }
    return device->dated;
}

enum hub_error hub_error(const hub *device) {
    return (enum hub_error)device->error;
}
