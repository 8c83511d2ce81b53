/* A blind with a motor of two directions, its speed, and an event when it has arrived.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../example.h"

enum { UP, DOWN };

static uint8_t blind, speed, arrival;
static uint8_t position, target;
static uint32_t moved_at;
static float percent_a_second = 20;

static void run(uint8_t to) {
    target = to;
    board_switch(UP, to > position);
    board_switch(DOWN, to < position);
}

static uint8_t obey(hub *device, uint8_t entity, const hub_value *value, void *user) {
    (void)user;
    if (entity == blind) {
        run(value->type == HUB_TEXT ? position : (uint8_t)value->as.natural);
        return HUB_DONE;
    }
    percent_a_second = value->type == HUB_FLOAT ? value->as.real : (float)value->as.natural;
    hub_set_float(device, speed, percent_a_second);
    return HUB_DONE;
}

static void begin(hub *device) {
    hub_on_command(device, obey, NULL);
    blind = hub_cover(device, "blind", "Blind", "blind");
    speed = hub_number(device, "speed", "Speed", "%/s", 5, 100, 5);
    arrival = hub_event(device, "arrival", "Arrival", "reached");
    hub_restore(device, speed);
    hub_set_int(device, blind, position);
    hub_set_float(device, speed, percent_a_second);
}

static void poll(hub *device, uint32_t now) {
    uint32_t step = (uint32_t)(1000 / percent_a_second);
    if (position == target) {
        moved_at = now;
        return;
    }
    if (now - moved_at >= step) {
        moved_at = now;
        position = (uint8_t)(target > position ? position + 1 : position - 1);
        hub_set_int(device, blind, position);
        if (position == target) {
            run(position);
            hub_fire(device, arrival, "reached");
        }
    }
}

const example this_example = {"blind-1", "Bedroom Blind", "blind-1", begin, poll};
