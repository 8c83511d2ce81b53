/* A relay on the pin of the lamp: flash it, plug it into the hub, say "turn on the workshop relay".
 * SPDX-License-Identifier: Apache-2.0
 */
#include <EEPROM.h>
#include <hub_arduino.h>

static uint32_t count_boot(void *) {
    uint32_t boot;
    EEPROM.get(0, boot);
    boot++;
    EEPROM.put(0, boot);
    return boot;
}

static hub device;
static hub_entity entities[1];
static hub_port port;
static uint8_t relay;

static uint8_t obey(hub *of, uint8_t entity, const hub_value *value, void *) {
    digitalWrite(LED_BUILTIN, value->as.boolean ? HIGH : LOW);
    hub_set_bool(of, entity, value->as.boolean);
    return HUB_DONE;
}

void setup() {
    Serial.begin(115200);
    pinMode(LED_BUILTIN, OUTPUT);
    port = hub_arduino_port(Serial, count_boot);
    hub_begin(&device, &port, entities, 1, "workshop-relay", "Workshop Relay", "1.0.0");
    hub_on_command(&device, obey, NULL);
    relay = hub_switch(&device, "relay", "Workshop Relay");
    hub_restore(&device, relay);
    hub_set_bool(&device, relay, false);
}

void loop() {
    hub_poll(&device);
}
