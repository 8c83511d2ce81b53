/* A temperature sensor that warns of frost.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../example.h"

static uint8_t celsius, frost;
static uint32_t read_at;

static void begin(hub *device) {
    celsius = hub_sensor(device, "temperature", "Temperature", "\xC2\xB0" "C", "temperature");
    frost = hub_binary_sensor(device, "frost", "Frost", "cold");
    hub_set_float(device, celsius, board_celsius());
    hub_set_bool(device, frost, board_celsius() < 0);
}

static void poll(hub *device, uint32_t now) {
    if (now - read_at >= 1000) {
        read_at = now;
        hub_set_float(device, celsius, board_celsius());
        hub_set_bool(device, frost, board_celsius() < 0);
    }
}

const example this_example = {"temperature-1", "Garden Thermometer", "temperature-1", begin, poll};
