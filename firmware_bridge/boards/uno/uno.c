/* An Arduino Uno (ATmega328P at 16 MHz) without the Arduino libraries: a relay, a thermometer and a button.
 *
 * The smallest board the library is meant for: size.py bounds what it takes. The line is the serial port of the
 * board (115,200 baud); bytes that come while the library is busy wait in `heard`.
 * SPDX-License-Identifier: Apache-2.0
 */
#define F_CPU 16000000UL
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "hub.h"

/* ---- the port ---- */

enum { HEARD = 32 }; /* a power of two */
static volatile uint8_t heard[HEARD], heard_in, heard_out;
static volatile uint32_t milliseconds;

ISR(USART_RX_vect) {
    uint8_t byte = UDR0;
    if ((uint8_t)(heard_in - heard_out) < HEARD) {
        heard[heard_in++ % HEARD] = byte;
    }
}

ISR(TIMER1_COMPA_vect) {
    milliseconds++;
}

static size_t take(void *context, uint8_t *bytes, size_t size) {
    size_t got = 0;
    (void)context;
    while (got < size && heard_out != heard_in) {
        bytes[got++] = heard[heard_out++ % HEARD];
    }
    return got;
}

static size_t give(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    if (size == 0 || (UCSR0A & _BV(UDRE0)) == 0) {
        return 0;
    }
    UDR0 = *bytes;
    return 1;
}

static uint32_t now(void *context) {
    uint32_t moment;
    (void)context;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        moment = milliseconds;
    }
    return moment;
}

static uint32_t count_boot(void *context) {
    static uint32_t *const place = 0;
    uint32_t boot = eeprom_read_dword(place) + 1;
    (void)context;
    eeprom_write_dword(place, boot);
    return boot;
}

static const hub_port port = {take, give, now, count_boot, NULL};

static void start_board(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = 16; /* 115,200 baud */
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
    OCR1A = F_CPU / 64 / 1000 - 1;
    TIMSK1 = _BV(OCIE1A);
    TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10); /* up to OCR1A, at a 64th of the clock */
    DDRB = _BV(PB5);  /* the lamp of the board stands for the relay */
    PORTD = _BV(PD2); /* button to ground */
    ADMUX = _BV(REFS0);
    ADCSRA = _BV(ADEN) | _BV(ADSC) | _BV(ADATE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
    sei();
}

/* ---- the device ---- */

static hub device;
static hub_entity entities[3];
static uint8_t relay, celsius, button;

static uint8_t obey(hub *of, uint8_t entity, const hub_value *value, void *user) {
    (void)user;
    if (value->as.boolean) {
        PORTB |= _BV(PB5);
    } else {
        PORTB &= (uint8_t)~_BV(PB5);
    }
    hub_set_bool(of, entity, value->as.boolean);
    return HUB_DONE;
}

int main(void) {
    uint32_t read_at = 0;
    start_board();
    hub_begin(&device, &port, entities, 3, "uno-1", "Workshop Relay", "1.0.0");
    hub_on_command(&device, obey, NULL);
    relay = hub_switch(&device, "relay", "Relay");
    celsius = hub_sensor(&device, "temperature", "Temperature", "\xC2\xB0" "C", "temperature");
    button = hub_binary_sensor(&device, "button", "Button", NULL);
    hub_restore(&device, relay);
    hub_set_bool(&device, relay, false);
    for (;;) {
        hub_poll(&device);
        hub_set_bool(&device, button, (PIND & _BV(PD2)) == 0);
        if (now(NULL) - read_at >= 1000) {
            read_at += 1000;
            hub_set_float(&device, celsius, (float)ADC * (100.0f * 5 / 1024) - 50); /* a TMP36 on A0 */
        }
    }
}
