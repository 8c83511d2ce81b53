/* The port to Arduino: any Stream (Serial, WiFiClient) is a line.
 *
 * Give the boot counter as a function: of an EEPROM, as in examples/arduino_relay, or `esp_random` of an ESP.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_ARDUINO_H
#define HUB_ARDUINO_H

#include <Arduino.h>

#include "hub.h"

static size_t hub_arduino_read(void *line, uint8_t *bytes, size_t size) {
    Stream *stream = static_cast<Stream *>(line);
    size_t got = 0;
    while (got < size && stream->available() > 0) {
        bytes[got++] = static_cast<uint8_t>(stream->read());
    }
    return got;
}

static size_t hub_arduino_write(void *line, const uint8_t *bytes, size_t size) {
    Stream *stream = static_cast<Stream *>(line);
    int room = stream->availableForWrite();
    size_t some = room < 0 || static_cast<size_t>(room) > size ? size : static_cast<size_t>(room);
    return some == 0 ? 0 : stream->write(bytes, some);
}

static uint32_t hub_arduino_now(void *) {
    return millis();
}

/* The stream, and what is returned, have to stay where they are. */
static inline hub_port hub_arduino_port(Stream &line, uint32_t (*boot)(void *)) {
    hub_port port = {hub_arduino_read, hub_arduino_write, hub_arduino_now, boot, &line};
    return port;
}

#endif
