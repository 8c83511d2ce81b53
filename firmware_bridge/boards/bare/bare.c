/* The library with three entities and next to nothing else: what tools/sizes.py measures.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub.h"

static volatile uint8_t line, pins;
static volatile uint32_t moment;
static volatile float measured;

static size_t take(void *context, uint8_t *bytes, size_t size) {
    (void)context;
    *bytes = line;
    return size;
}

static size_t give(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    line = *bytes;
    return size;
}

static uint32_t now(void *context) {
    (void)context;
    return moment;
}

static const hub_port port = {take, give, now, now, NULL};
static hub device;
static hub_entity entities[3];

static uint8_t obey(hub *of, uint8_t entity, const hub_value *value, void *user) {
    (void)user;
    pins = value->as.boolean;
    hub_set_bool(of, entity, value->as.boolean);
    return HUB_DONE;
}

int main(void) {
    hub_begin(&device, &port, entities, 3, "uno-1", "Workshop Relay", "1.0.0");
    hub_on_command(&device, obey, NULL);
    hub_restore(&device, hub_switch(&device, "relay", "Relay"));
    hub_sensor(&device, "temperature", "Temperature", "\xC2\xB0" "C", "temperature");
    hub_binary_sensor(&device, "button", "Button", NULL);
    for (;;) {
        hub_poll(&device);
        hub_set_float(&device, 1, measured);
        hub_set_bool(&device, 2, pins != 0);
    }
}
