/* The host's clock, and the commands that came in its time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_parts.h"

/* Milliseconds. */
static const uint16_t PING_EVERY = 10000, PING_AGAIN = 1000, CLOCK_GOOD = 60000;
/* Beyond this a deadline is no longer compared: moments modulo 2^32 would come round again. */
static const int32_t FORGET = 120000;
/* The host's clock may not jump by more between two answers, or it is another clock. */
static const uint32_t JUMP = 60000;

/* The host's clock is not beyond this. */
static uint32_t host_time(const hub *device, uint32_t moment) {
    return device->host_ahead + moment;
}

static bool in_step(const hub *device, uint32_t moment) {
    return device->stepped && moment - device->clock_at <= CLOCK_GOOD;
}

static void forget_old(hub *device, uint32_t host) {
    for (struct hub_done *done = device->done; done != device->done + HUB_REMEMBERED; done++) {
        if (hub_after(host, done->deadline) > FORGET) {
            done->used = false;
        }
    }
    if (hub_after(host, device->floor) > FORGET) {
        device->floored = false;
    }
}

void hub_ping(hub *device, uint32_t moment) {
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
    if (hub_say(device, &writer, HUB_PING)) {
        hub_put_uint(&writer, 0, device->ping_token);
        hub_said(device, &writer);
    }
}

bool hub_ping_due(const hub *device, uint32_t moment) {
    return !device->pinged || moment - device->ping_at >= (device->asking ? PING_AGAIN : PING_EVERY);
}

void hub_on_time(hub *device, const hub_body *body) {
    uint32_t token, host;
    if (!device->asking || !hub_body_uint(body, 0, &token) || token != device->ping_token || !hub_body_uint(body, 1, &host)) {
        return;
    }
    if (device->clocked && host - host_time(device, device->ping_at) + JUMP > 2 * JUMP) {
        /* Another clock: deadlines of the old one mean nothing; ids are still known for a while. */
        device->floored = false;
        for (struct hub_done *done = device->done; done != device->done + HUB_REMEMBERED; done++) {
            done->deadline = host;
        }
    }
    device->asking = false;
    device->clocked = device->stepped = true;
    device->clock_at = device->ping_at;
    device->host_ahead = host + 2 - device->ping_at; /* 2 ms are what rounding down takes from its clock and from our two times */
    device->dated = hub_body_uint(body, 2, &device->epoch) || device->dated;
}

/* ---- commands ---- */

/* Keys of a command. */
enum { ID, DEADLINE, ENTITY, VALUE, BOOT, KEYS };

static void remember(hub *device, const uint32_t *said, uint8_t code) {
    struct hub_done *place = device->done;
    for (struct hub_done *done = place; done != device->done + HUB_REMEMBERED; done++) {
        if (!done->used) {
            place = done;
            break;
        }
        if (hub_after(place->deadline, done->deadline) > 0) {
            place = done;
        }
    }
    if (place->used && (!device->floored || hub_after(place->deadline, device->floor) > 0)) {
        device->floored = true;
        device->floor = place->deadline;
    }
    place->used = true;
    place->id = said[ID];
    place->deadline = said[DEADLINE];
    place->code = code;
}

static uint8_t judge(hub *device, const uint32_t *said, const hub_value *value) {
    uint32_t moment = hub_now(device);
    for (const struct hub_done *done = device->done; done != device->done + HUB_REMEMBERED; done++) {
        if (done->used && done->id == said[ID]) {
            return done->code;
        }
    }
    if (!in_step(device, moment)) {
        return HUB_NO_CLOCK;
    }
    if (hub_after(said[DEADLINE], host_time(device, moment)) < 0 ||
        (device->floored && hub_after(said[DEADLINE], device->floor) <= 0)) {
        return HUB_LATE;
    }
    if (device->obey == NULL || !hub_takes(device, said[ENTITY], value)) {
        return HUB_UNKNOWN;
    }
    uint8_t code = device->obey(device, (uint8_t)said[ENTITY], value, device->user) == HUB_DONE ? HUB_DONE : HUB_REFUSED;
    remember(device, said, code);
    return code;
}

void hub_on_order(hub *device, const hub_body *body) {
    uint32_t said[KEYS];
    hub_value value;
    hub_writer writer;
    for (uint8_t key = 0; key < KEYS; key++) {
        if (key == VALUE ? !hub_body_get(body, key, &value) : !hub_body_uint(body, key, &said[key])) {
            return;
        }
    }
    uint8_t code = said[BOOT] == device->boot ? judge(device, said, &value) : HUB_OTHER_BOOT;
    if (hub_say(device, &writer, HUB_RESULT)) {
        hub_put_uint(&writer, 0, said[ID]);
        hub_put_uint(&writer, 1, code);
        hub_said(device, &writer);
    }
}
