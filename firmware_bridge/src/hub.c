/* See hub.h; the promises are those of ../README.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub.h"

#include <string.h>

/* Milliseconds. */
static const int32_t REPEAT_HALF = 125, REPEAT_MOST = 2000, PING_EVERY = 10000, PING_AGAIN = 1000;
static const uint32_t CLOCK_GOOD = 60000, LINK_GOOD = 30000;
/* Beyond this a deadline is no longer compared: moments modulo 2^32 would come round again. */
static const int32_t FORGET = 120000;
/* The host's clock may not jump by more between two answers, or it is another clock. */
static const int32_t JUMP = 60000;

enum { ENTITIES_MAX = 32 };
enum { SWITCH, LIGHT, DIMMER, SENSOR, BINARY_SENSOR, COVER, NUMBER, SELECT, BUTTON, EVENT };
static const char *const KINDS[] = {"switch", "light",  "dimmer", "sensor", "binary_sensor",
                                    "cover",  "number", "select", "button", "event"};

enum { CHANGED = 1, IN_FLIGHT = 2, RESTORE = 4 };

static uint32_t now(const hub *device) {
    return device->port->now(device->port->context);
}

/* How much later `a` is than `b`, both modulo 2^32. */
static int32_t after(uint32_t a, uint32_t b) {
    uint32_t ahead = a - b;
    return ahead <= INT32_MAX ? (int32_t)ahead : -(int32_t)(UINT32_MAX - ahead) - 1;
}

static void fail(hub *device, uint8_t error) {
    if (device->error == HUB_FINE) {
        device->error = error;
    }
}

static bool is_id(const char *id) {
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
    if (!is_id(id)) {
        fail(device, HUB_BAD_ID);
    }
}

/* ---- entities ---- */

static hub_entity *entity_of(hub *device, uint8_t entity) {
    if (entity >= device->count) {
        fail(device, HUB_BAD_VALUE);
        return NULL;
    }
    return &device->entities[entity];
}

static hub_entity *add(hub *device, uint8_t kind, const char *id, const char *name) {
    if (device->count == device->room || device->count == ENTITIES_MAX) {
        fail(device, HUB_NO_ROOM);
        return NULL;
    }
    if (!is_id(id)) {
        fail(device, HUB_BAD_ID);
        return NULL;
    }
    hub_entity *entity = &device->entities[device->count++];
    memset(entity, 0, sizeof *entity);
    entity->kind = kind;
    entity->id = id;
    entity->name = name;
    entity->flags = kind == BUTTON || kind == EVENT ? 0 : CHANGED;
    return entity;
}

static uint8_t added(const hub *device, const hub_entity *entity) {
    return entity == NULL ? HUB_NONE : (uint8_t)(device->count - 1);
}

uint8_t hub_switch(hub *device, const char *id, const char *name) {
    return added(device, add(device, SWITCH, id, name));
}

uint8_t hub_light(hub *device, const char *id, const char *name) {
    return added(device, add(device, LIGHT, id, name));
}

uint8_t hub_dimmer(hub *device, const char *id, const char *name) {
    return added(device, add(device, DIMMER, id, name));
}

uint8_t hub_button(hub *device, const char *id, const char *name) {
    return added(device, add(device, BUTTON, id, name));
}

static uint8_t add_classed(hub *device, uint8_t kind, const char *id, const char *name, const char *device_class) {
    hub_entity *entity = add(device, kind, id, name);
    if (entity != NULL) {
        entity->device_class = device_class;
    }
    return added(device, entity);
}

uint8_t hub_sensor(hub *device, const char *id, const char *name, const char *unit, const char *device_class) {
    uint8_t index = add_classed(device, SENSOR, id, name, device_class);
    if (index != HUB_NONE) {
        device->entities[index].unit = unit;
    }
    return index;
}

uint8_t hub_binary_sensor(hub *device, const char *id, const char *name, const char *device_class) {
    return add_classed(device, BINARY_SENSOR, id, name, device_class);
}

uint8_t hub_cover(hub *device, const char *id, const char *name, const char *device_class) {
    return add_classed(device, COVER, id, name, device_class);
}

uint8_t hub_number(hub *device, const char *id, const char *name, const char *unit, float least, float most, float step) {
    hub_entity *entity = add(device, NUMBER, id, name);
    if (entity != NULL) {
        entity->unit = unit;
        entity->least = least;
        entity->most = most;
        entity->step = step;
    }
    return added(device, entity);
}

static uint8_t add_chosen(hub *device, uint8_t kind, const char *id, const char *name, const char *choices) {
    hub_entity *entity = add(device, kind, id, name);
    if (entity != NULL) {
        entity->choices = choices;
    }
    return added(device, entity);
}

uint8_t hub_select(hub *device, const char *id, const char *name, const char *choices) {
    return add_chosen(device, SELECT, id, name, choices);
}

uint8_t hub_event(hub *device, const char *id, const char *name, const char *events) {
    return add_chosen(device, EVENT, id, name, events);
}

void hub_board(hub *device, const char *board) {
    device->board = board;
}

void hub_restore(hub *device, uint8_t index) {
    hub_entity *entity = entity_of(device, index);
    if (entity != NULL) {
        entity->flags |= RESTORE;
    }
}

void hub_on_command(hub *device, hub_obey obey, void *user) {
    device->obey = obey;
    device->user = user;
}

/* ---- values ---- */

static bool is_number(const hub_value *value) {
    return value->type == HUB_UINT || value->type == HUB_INT || value->type == HUB_FLOAT;
}

static float number_of(const hub_value *value) {
    return value->type == HUB_FLOAT ? value->as.real
           : value->type == HUB_INT ? (float)value->as.integer
                                    : (float)value->as.natural;
}

static bool is_share(const hub_value *value) {
    return value->type == HUB_UINT && value->as.natural <= 100;
}

/* True if the text is one of those between the commas. */
static bool is_choice(const char *choices, const char *text, size_t length) {
    while (choices != NULL && length > 0) {
        size_t size = strcspn(choices, ",");
        if (size == length && memcmp(choices, text, length) == 0) {
            return true;
        }
        choices = choices[size] == ',' ? choices + size + 1 : NULL;
    }
    return false;
}

static bool is_state(const hub_entity *entity, const hub_value *value) {
    switch (entity->kind) {
    case SWITCH:
    case LIGHT:
    case BINARY_SENSOR:
        return value->type == HUB_BOOL || value->type == HUB_NIL;
    case SENSOR:
        return value->type != HUB_BYTES;
    case COVER:
    case DIMMER:
        return is_share(value) || value->type == HUB_NIL;
    case SELECT:
        return value->type == HUB_NIL ||
               (value->type == HUB_TEXT && is_choice(entity->choices, value->as.text, value->length));
    case NUMBER:
        return is_number(value) || value->type == HUB_NIL;
    default:
        return false;
    }
}

static bool is_command(const hub_entity *entity, const hub_value *value) {
    switch (entity->kind) {
    case SWITCH:
    case LIGHT:
        return value->type == HUB_BOOL;
    case BUTTON:
        return value->type == HUB_BOOL && value->as.boolean;
    case DIMMER:
        return is_share(value) || value->type == HUB_BOOL;
    case SELECT:
        return value->type == HUB_TEXT && is_choice(entity->choices, value->as.text, value->length);
    case COVER:
        return is_share(value) || (value->type == HUB_TEXT && value->length == 4 && memcmp(value->as.text, "stop", 4) == 0);
    case NUMBER:
        return is_number(value) && number_of(value) >= entity->least && number_of(value) <= entity->most;
    default:
        return false;
    }
}

static bool same(const hub_value *a, const hub_value *b) {
    if (a->type != b->type || a->type == HUB_TEXT) {
        return false; /* the text at the same place may have changed */
    }
    if (a->type == HUB_BOOL) {
        return a->as.boolean == b->as.boolean;
    }
    return a->type == HUB_NIL || memcmp(&a->as, &b->as, sizeof(uint32_t)) == 0;
}

static void set(hub *device, uint8_t index, const hub_value *value) {
    hub_entity *entity = entity_of(device, index);
    if (entity == NULL) {
        return;
    }
    if (!is_state(entity, value)) {
        fail(device, HUB_BAD_VALUE);
        return;
    }
    if (same(&entity->value, value)) {
        return;
    }
    entity->value = *value;
    entity->flags = (uint8_t)((entity->flags | CHANGED) & ~IN_FLIGHT);
    device->stale = true;
}

void hub_set_bool(hub *device, uint8_t entity, bool boolean) {
    hub_value value = {HUB_BOOL, 0, {0}};
    value.as.boolean = boolean;
    set(device, entity, &value);
}

void hub_set_int(hub *device, uint8_t entity, int32_t integer) {
    hub_value value = {HUB_UINT, 0, {0}};
    value.type = integer < 0 ? HUB_INT : HUB_UINT;
    value.as.integer = integer;
    set(device, entity, &value);
}

void hub_set_float(hub *device, uint8_t entity, float real) {
    hub_value value = {HUB_NIL, 0, {0}};
    if (real - real == 0) {
        value.type = HUB_FLOAT;
        value.as.real = real;
    }
    set(device, entity, &value);
}

void hub_set_text(hub *device, uint8_t entity, const char *text) {
    hub_value value = {HUB_TEXT, 0, {0}};
    size_t length = strlen(text);
    if (length > UINT8_MAX) {
        fail(device, HUB_TOO_LONG);
        return;
    }
    value.length = (uint8_t)length;
    value.as.text = text;
    set(device, entity, &value);
}

void hub_set_unknown(hub *device, uint8_t entity) {
    hub_value value = {HUB_NIL, 0, {0}};
    set(device, entity, &value);
}

bool hub_fire(hub *device, uint8_t entity, const char *what) {
    if (entity >= device->count || device->entities[entity].kind != EVENT ||
        !is_choice(device->entities[entity].choices, what, strlen(what))) {
        fail(device, HUB_BAD_VALUE);
        return false;
    }
    if (device->waiting == HUB_EVENTS) {
        fail(device, HUB_BUSY);
        hub_log(device, HUB_LOG_WARNING, "an event was lost");
        return false;
    }
    device->events[device->waiting].entity = entity;
    device->events[device->waiting].what = what;
    device->events[device->waiting].number = device->event_number++;
    device->waiting++;
    return true;
}

/* ---- saying ---- */

/* Gives the line what it takes. True: nothing is left. */
static bool flush(hub *device) {
    if (device->out_at < device->out_end) {
        size_t size = (size_t)(device->out_end - device->out_at);
        size_t taken = device->port->write(device->port->context, device->out + device->out_at, size);
        device->out_at = (uint16_t)(device->out_at + (taken < size ? taken : size));
    }
    return device->out_at == device->out_end;
}

static bool send(hub *device, hub_writer *writer) {
    uint16_t size = hub_write_end(writer);
    device->out_at = 0;
    device->out_end = size;
    if (size == 0) {
        fail(device, HUB_TOO_LONG);
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

static void put_text_if(hub_writer *writer, uint8_t key, const char *text) {
    if (text != NULL) {
        hub_put_text(writer, key, text);
    }
}

static void put_flag(hub_writer *writer, uint8_t key) {
    hub_value value = {HUB_BOOL, 0, {0}};
    value.as.boolean = true;
    hub_put(writer, key, &value);
}

/* Limits that are whole are said so: it is shorter, and 100 reads better than 100.0. */
static void put_limit(hub_writer *writer, uint8_t key, float limit) {
    hub_value value = {HUB_FLOAT, 0, {0}};
    if (limit > -1e9f && limit < 1e9f && (float)(int32_t)limit == limit) {
        value.type = HUB_INT;
        value.as.integer = (int32_t)limit;
    } else {
        value.as.real = limit;
    }
    hub_put(writer, key, &value);
}

static void say_hello(hub *device, hub_writer *writer) {
    hub_put_text(writer, 0, device->id);
    put_text_if(writer, 1, device->firmware);
    put_text_if(writer, 2, device->name);
    hub_put_uint(writer, 3, device->boot);
    hub_put_uint(writer, 4, device->count);
    if (device->image != 0) {
        hub_put_uint(writer, 5, device->image);
    }
    put_text_if(writer, 6, device->board);
    if (HUB_FRAME_MAX != 256) {
        hub_put_uint(writer, 7, HUB_FRAME_MAX);
    }
}

static void say_entity(hub_writer *writer, uint8_t index, const hub_entity *entity) {
    hub_put_uint(writer, 0, index);
    hub_put_text(writer, 1, KINDS[entity->kind]);
    hub_put_text(writer, 2, entity->id);
    put_text_if(writer, 3, entity->name);
    put_text_if(writer, 4, entity->unit);
    put_text_if(writer, 5, entity->device_class);
    if (entity->kind == NUMBER) {
        put_limit(writer, 6, entity->least);
        put_limit(writer, 7, entity->most);
        put_limit(writer, 8, entity->step);
    }
    if ((entity->flags & RESTORE) != 0) {
        put_flag(writer, 9);
    }
    put_text_if(writer, 10, entity->choices);
}

static void say_state(hub *device, hub_writer *writer) {
    for (uint8_t index = 0; index < device->count; index++) {
        hub_entity *entity = &device->entities[index];
        entity->flags &= (uint8_t)~IN_FLIGHT;
        if ((entity->flags & CHANGED) == 0) {
            continue;
        }
        if (hub_put_if_room(writer, index, &entity->value)) {
            entity->flags |= IN_FLIGHT;
        } else if (writer->entries == 0) {
            entity->flags &= (uint8_t)~CHANGED; /* one value alone is longer than a frame */
            fail(device, HUB_TOO_LONG);
        }
    }
    device->stale = false;
}

static bool is_changed(const hub *device) {
    for (uint8_t index = 0; index < device->count; index++) {
        if ((device->entities[index].flags & CHANGED) != 0) {
            return true;
        }
    }
    return false;
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
    return is_changed(device) ? HUB_STATE : 0;
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
        for (uint8_t index = 0; index < device->count; index++) {
            if ((device->entities[index].flags & IN_FLIGHT) != 0) {
                device->entities[index].flags &= (uint8_t)~(CHANGED | IN_FLIGHT);
            }
        }
    }
    device->flight = 0;
}

static void say_next(hub *device, uint32_t moment) {
    hub_writer writer;
    int32_t wait = device->repeats > 3 ? REPEAT_MOST : REPEAT_HALF * (1 << device->repeats);
    if (device->flight != 0 && after(moment, device->flight_at) < wait) {
        return;
    }
    if (device->flight == HUB_STATE && device->stale) {
        device->flight = 0; /* other values want another number, and what is urgent goes first */
    }
    if (device->flight == 0) {
        device->repeats = 0;
        if (device->announced == device->count + 1 && !is_changed(device)) {
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
        say_entity(&writer, (uint8_t)(device->announced - 1), &device->entities[device->announced - 1]);
    } else if (device->flight == HUB_EVENT) {
        hub_put_uint(&writer, 0, device->events[0].entity);
        hub_put_text(&writer, 1, device->events[0].what);
        hub_put_uint(&writer, 2, device->events[0].number);
    } else {
        say_state(device, &writer);
        if (writer.entries == 0) {
            device->flight = 0;
            return;
        }
    }
    if (!send(device, &writer) && device->flight != HUB_HELLO) {
        acknowledged(device); /* it can never be said; what follows can */
    }
}

static void say_all_again(hub *device) {
    device->announced = 0;
    device->flight = 0;
    device->stepped = device->pinged = device->asking = false; /* it may be another host, with another clock */
    for (uint8_t index = 0; index < device->count; index++) {
        hub_entity *entity = &device->entities[index];
        entity->flags &= (uint8_t)~IN_FLIGHT;
        if (entity->kind != BUTTON && entity->kind != EVENT) {
            entity->flags |= CHANGED;
        }
    }
}

/* ---- the clock ---- */

/* The host's clock is not beyond this; the 2 ms are what rounding down takes from its clock and from our two times. */
static uint32_t host_time(const hub *device, uint32_t moment) {
    return device->host_at + 2 + (moment - device->clock_at);
}

static bool in_step(const hub *device, uint32_t moment) {
    return device->stepped && moment - device->clock_at <= CLOCK_GOOD;
}

static void forget_old(hub *device, uint32_t host) {
    for (uint8_t at = 0; at < HUB_REMEMBERED; at++) {
        if (after(host, device->done[at].deadline) > FORGET) {
            device->done[at].used = false;
        }
    }
    if (after(host, device->floor) > FORGET) {
        device->floored = false;
    }
}

static void ping(hub *device, uint32_t moment) {
    hub_writer writer;
    if (device->clocked && moment - device->clock_at > (uint32_t)INT32_MAX / 2) {
        device->clocked = device->stepped = false; /* before our own clock comes round */
    }
    if (device->clocked) {
        forget_old(device, host_time(device, moment));
    }
    device->asking = true;
    device->pinged = true;
    device->ping_at = moment;
    device->ping_token++;
    start(device, &writer, HUB_PING, device->seq++);
    hub_put_uint(&writer, 0, device->ping_token);
    send(device, &writer);
}

static bool is_ping_due(const hub *device, uint32_t moment) {
    int32_t wait = device->asking ? PING_AGAIN : PING_EVERY;
    return !device->pinged || after(moment, device->ping_at) >= wait;
}

static void on_time(hub *device, const hub_body *body) {
    uint32_t token, host;
    if (!device->asking || !hub_body_uint(body, 0, &token) || token != device->ping_token || !hub_body_uint(body, 1, &host)) {
        return;
    }
    int32_t jump = device->clocked ? after(host, host_time(device, device->ping_at)) : 0;
    if (jump > JUMP || jump < -JUMP) {
        /* Another clock: deadlines of the old one mean nothing; ids are still known for a while. */
        device->floored = false;
        for (uint8_t at = 0; at < HUB_REMEMBERED; at++) {
            device->done[at].deadline = host;
        }
    }
    device->asking = false;
    device->clocked = device->stepped = true;
    device->clock_at = device->ping_at;
    device->host_at = host;
    device->dated = hub_body_uint(body, 2, &device->epoch) || device->dated;
}

/* ---- commands ---- */

static void remember(hub *device, uint32_t id, uint32_t deadline, uint8_t code) {
    uint8_t place = 0;
    for (uint8_t at = 0; at < HUB_REMEMBERED; at++) {
        if (!device->done[at].used) {
            place = at;
            break;
        }
        if (after(device->done[place].deadline, device->done[at].deadline) > 0) {
            place = at;
        }
    }
    if (device->done[place].used && (!device->floored || after(device->done[place].deadline, device->floor) > 0)) {
        device->floored = true;
        device->floor = device->done[place].deadline;
    }
    device->done[place].used = true;
    device->done[place].id = id;
    device->done[place].deadline = deadline;
    device->done[place].code = code;
}

static uint8_t judge(hub *device, uint32_t id, uint32_t deadline, uint32_t entity, const hub_value *value) {
    uint32_t moment = now(device);
    for (uint8_t at = 0; at < HUB_REMEMBERED; at++) {
        if (device->done[at].used && device->done[at].id == id) {
            return device->done[at].code;
        }
    }
    if (!in_step(device, moment)) {
        return HUB_NO_CLOCK;
    }
    if (after(deadline, host_time(device, moment)) < 0 || (device->floored && after(deadline, device->floor) <= 0)) {
        return HUB_LATE;
    }
    if (entity >= device->count || device->obey == NULL || !is_command(&device->entities[entity], value)) {
        return HUB_UNKNOWN;
    }
    uint8_t code = device->obey(device, (uint8_t)entity, value, device->user) == HUB_DONE ? HUB_DONE : HUB_REFUSED;
    remember(device, id, deadline, code);
    return code;
}

static void on_command(hub *device, const hub_body *body) {
    uint32_t id, deadline, entity, boot;
    hub_value value;
    hub_writer writer;
    if (!hub_body_uint(body, 0, &id) || !hub_body_uint(body, 1, &deadline) || !hub_body_uint(body, 2, &entity) ||
        !hub_body_get(body, 3, &value) || !hub_body_uint(body, 4, &boot)) {
        return;
    }
    uint8_t code = boot == device->boot ? judge(device, id, deadline, entity, &value) : HUB_OTHER_BOOT;
    if (hub_say(device, &writer, HUB_RESULT)) {
        hub_put_uint(&writer, 0, id);
        hub_put_uint(&writer, 1, code);
        send(device, &writer);
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
        say_all_again(device);
        break;
    case HUB_COMMAND:
        on_command(device, &frame->body);
        break;
    case HUB_TIME:
        on_time(device, &frame->body);
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
    uint32_t moment = now(device);
    if (is_ping_due(device, moment)) {
        ping(device, moment);
    } else {
        say_next(device, moment);
    }
    flush(device);
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
    return device->stepped && now(device) - device->clock_at <= LINK_GOOD;
}

bool hub_idle(const hub *device) {
    return device->flight == 0 && next(device) == 0 && device->waiting == 0 && device->out_at == device->out_end;
}

bool hub_time(const hub *device, uint32_t *seconds) {
    if (device->dated) {
        *seconds = device->epoch + (now(device) - device->clock_at) / 1000;
    }
    return device->dated;
}

enum hub_error hub_error(const hub *device) {
    return (enum hub_error)device->error;
}
