/* A device that appears in the hub by itself: hub_begin once, hub_poll for ever.
 *
 *     static hub device;
 *     static hub_entity entities[1];
 *
 *     hub_begin(&device, &port, entities, 1, "relay-1", "Hall Relay", "1.0.0");
 *     hub_on_command(&device, obey, NULL);
 *     relay = hub_switch(&device, "relay", "Relay");
 *     for (;;) hub_poll(&device);
 *
 * All memory is the caller's: nothing is allocated. Texts given to the library are kept by reference,
 * so they have to stay where they are. One thread at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_H
#define HUB_H

#include "hub_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many commands are remembered with their result, and how many events wait to be acknowledged. */
#define HUB_REMEMBERED 8
#ifndef HUB_EVENTS
#define HUB_EVENTS 4
#endif

/* The index a maker gets for an entity that could not be made. */
#define HUB_NONE 0xFF

enum hub_error {
    HUB_FINE,
    HUB_NO_ROOM,   /* more entities than `entities` has room for */
    HUB_BAD_ID,    /* not 1-32 of a-z 0-9 _ -, or not beginning with a letter or digit */
    HUB_TOO_LONG,  /* a description or a state does not fit into a frame */
    HUB_BAD_VALUE, /* a value of the wrong kind for its entity, or an entity that is none */
    HUB_BUSY       /* events came faster than they could be said; one was lost */
};

enum hub_code { HUB_DONE, HUB_REFUSED, HUB_LATE, HUB_UNKNOWN, HUB_OTHER_BOOT, HUB_NO_CLOCK };

enum hub_level { HUB_LOG_ERROR = 1, HUB_LOG_WARNING, HUB_LOG_INFO };

/* What a board gives. None of them waits. */
typedef struct {
    /* Takes up to `size` bytes off the line; returns how many. */
    size_t (*read)(void *context, uint8_t *bytes, size_t size);
    /* Gives bytes to the line; returns how many it took. */
    size_t (*write)(void *context, const uint8_t *bytes, size_t size);
    /* Milliseconds since any moment, modulo 2^32. */
    uint32_t (*now)(void *context);
    /* Called once: a number that differs from start to start; counted in memory that lasts, or drawn at random. */
    uint32_t (*boot)(void *context);
    void *context;
} hub_port;

typedef struct hub_kind hub_kind;

typedef struct {
    const hub_kind *kind;
    const char *id;
    const char *name;
    const char *unit;         /* may be NULL, as the two below */
    const char *device_class;
    const char *choices;      /* of a select, or events: comma-separated */
    float least, most, step;  /* of a number */
    hub_value value;
    uint8_t flags;
} hub_entity;

typedef struct hub hub;

/* Does what was commanded, and says HUB_DONE or HUB_REFUSED. The value suits the entity: a boolean of a switch
 * or light, 0-100 (natural) or a boolean of a dimmer, 0-100 or the text "stop" of a cover, a number within its
 * range, one of the choices of a select, `true` of a button.
 * Text has no closing zero and lies in the frame: copy what is to be kept. */
typedef uint8_t (*hub_obey)(hub *device, uint8_t entity, const hub_value *value, void *user);

/* Takes messages of an update, 16-19, and without a body every poll; update/hub_update.h has one. */
typedef void (*hub_update)(hub *device, uint8_t kind, const hub_body *body, void *update);

/* The fields are the library's own. What is used most stands first: AVR reaches 64 bytes with one instruction. */
struct hub {
    const hub_port *port;
    hub_entity *entities;
    uint8_t room, count;
    uint8_t error;

    /* What is said until it is acknowledged: one at a time. */
    uint8_t seq;
    uint8_t flight;     /* its kind; 0: nothing */
    uint8_t flight_seq;
    uint8_t announced;  /* 0: hello is next; n: the description of entity n - 1; count + 1: all states; above: what is new */
    uint8_t repeats;
    bool stale;         /* the state in flight is not the newest */
    uint32_t flight_at;
    uint8_t waiting;    /* events */
    uint8_t in_at, in_end;
    hub_length out_at, out_end;

    /* The host's clock: at most ours and `host_ahead`, as it was known at our `clock_at`. */
    bool pinged, asking, clocked, dated;
    bool stepped; /* the clock is of the host that is there now */
    bool floored;
    uint32_t ping_at, ping_token;
    uint32_t clock_at, host_ahead;
    uint32_t floor; /* no command with a deadline up to here is new */

    uint32_t boot, epoch;
    hub_obey obey;
    void *user;
    hub_update update;
    void *update_state;
    const char *id, *name, *firmware;
    const char *board; /* may be NULL */
    uint8_t image;     /* 0 confirmed, 1 on trial, 2 went back to the one before */
    uint16_t event_number;

    struct hub_done {
        uint32_t id, deadline;
        uint8_t code;
        bool used;
    } done[HUB_REMEMBERED];
    struct {
        const char *what;
        uint16_t number;
        uint8_t entity;
    } events[HUB_EVENTS];

    uint8_t in[16];
    hub_reader reader;
    uint8_t out[HUB_LINE_MAX];
};

/* ---- the two calls ---- */

/* Starts a device. `id` is unique in the home and 1-32 of a-z 0-9 _ -; `entities` has room for `room` of them. */
void hub_begin(hub *device, const hub_port *port, hub_entity *entities, uint8_t room, const char *id,
               const char *name, const char *firmware);
/* Reads, obeys, says; returns soon. Call it at least every 100 ms or so. */
void hub_poll(hub *device);

/* ---- entities; each returns the index of its entity, or HUB_NONE and sets the error ---- */

uint8_t hub_switch(hub *device, const char *id, const char *name);
uint8_t hub_light(hub *device, const char *id, const char *name);
uint8_t hub_dimmer(hub *device, const char *id, const char *name);
uint8_t hub_sensor(hub *device, const char *id, const char *name, const char *unit, const char *device_class);
uint8_t hub_binary_sensor(hub *device, const char *id, const char *name, const char *device_class);
uint8_t hub_cover(hub *device, const char *id, const char *name, const char *device_class);
uint8_t hub_number(hub *device, const char *id, const char *name, const char *unit, float least, float most, float step);
uint8_t hub_select(hub *device, const char *id, const char *name, const char *choices);
uint8_t hub_button(hub *device, const char *id, const char *name);
uint8_t hub_event(hub *device, const char *id, const char *name, const char *events);
/* Names the board, up to 31 bytes: an update must be made for it. */
void hub_board(hub *device, const char *board);
/* Asks the hub to set the entity again after a reboot to what it was. */
void hub_restore(hub *device, uint8_t entity);
void hub_on_command(hub *device, hub_obey obey, void *user);

/* ---- what is so: the newest value always arrives, those between may not ---- */

void hub_set_bool(hub *device, uint8_t entity, bool value);
void hub_set_int(hub *device, uint8_t entity, int32_t value);
/* What is no finite number is said as "not known". */
void hub_set_float(hub *device, uint8_t entity, float value);
void hub_set_text(hub *device, uint8_t entity, const char *value);
void hub_set_unknown(hub *device, uint8_t entity);
/* ---- what happens: every one arrives, once. False: too many wait, and this one is lost ---- */
bool hub_fire(hub *device, uint8_t entity, const char *what);

/* ---- the rest ---- */

/* Says a line, if the line is free; not repeated. */
bool hub_log(hub *device, uint8_t level, const char *text);
/* True while the hub answers: it did within the last 30 s. */
bool hub_linked(const hub *device);
/* True if all that is to be said has been acknowledged: a device may sleep. */
bool hub_idle(const hub *device);
/* Seconds since 1970, if the hub has said. */
bool hub_time(const hub *device, uint32_t *seconds);
/* The first thing that went wrong since hub_begin: HUB_FINE if nothing. */
enum hub_error hub_error(const hub *device);

/* True once the hub has acknowledged all that the device is. */
bool hub_is_known(const hub *device);
/* Says all of the device again, as when the hub asks. */
void hub_say_again(hub *device);
/* Who takes updates; without one they are refused. */
void hub_on_update(hub *device, hub_update update, void *state);
/* Begins and sends a frame that is not repeated; for updates. False: the line is not free, or it does not fit. */
bool hub_say(hub *device, hub_writer *writer, uint8_t kind);
bool hub_said(hub *device, hub_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
