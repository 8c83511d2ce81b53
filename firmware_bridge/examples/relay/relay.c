/* A relay that is set again after a power cut.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../example.h"

static uint8_t relay;

static uint8_t obey(hub *device, uint8_t entity, const hub_value *value, void *user) {
    (void)user;
    board_switch(0, value->as.boolean);
    hub_set_bool(device, entity, value->as.boolean);
    return HUB_DONE;
}

static void begin(hub *device) {
    hub_on_command(device, obey, NULL);
    relay = hub_switch(device, "relay", "Relay");
    hub_restore(device, relay);
    board_switch(0, false);
    hub_set_bool(device, relay, false);
}

static void poll(hub *device, uint32_t now) {
    (void)device;
    (void)now;
}

const example this_example = {"relay-1", "Hall Relay", "relay-1", begin, poll};
