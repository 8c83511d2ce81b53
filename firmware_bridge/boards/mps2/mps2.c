/* ARM's AN385 (a Cortex-M3 at 25 MHz), as qemu-system-arm has it: a lamp, and a count of how often it was switched.
 *
 * Nothing but the processor's manual and the application note is needed, so this is also what a port to a
 * microcontroller without an operating system looks like: vectors, a millisecond, and a serial port (UART 0)
 * whose bytes wait in `heard`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub.h"

#define WORD(address) (*(volatile uint32_t *)(address))

/* ARMv7-M Architecture Reference Manual, B3.3 (SysTick) and B3.4 (NVIC). */
#define SYST_CSR WORD(0xE000E010)
#define SYST_RVR WORD(0xE000E014)
#define SYST_CVR WORD(0xE000E018)
#define NVIC_ISER0 WORD(0xE000E100)
/* Cortex-M System Design Kit TRM (DDI 0479), 4.3: the UART; AN385, 4.4: where it is, and the lamps. */
#define UART_DATA WORD(0x40004000)
#define UART_STATE WORD(0x40004004)
#define UART_CTRL WORD(0x40004008)
#define UART_INTCLEAR WORD(0x4000400C)
#define UART_BAUDDIV WORD(0x40004010)
#define LAMPS WORD(0x40028000)

enum { CLOCK_HZ = 25000000, BAUD = 115200 };
enum { TX_FULL = 1, RX_FULL = 2 };                 /* of the state */
enum { TX_ON = 1, RX_ON = 2, RX_INTERRUPTS = 8 };  /* of the control */
enum { RX_INTERRUPT = 2 };

/* ---- the port ---- */

enum { HEARD = 64 }; /* a power of two */
static volatile uint8_t heard[HEARD], heard_in, heard_out;
static volatile uint32_t milliseconds;

static void on_byte(void) {
    UART_INTCLEAR = RX_INTERRUPT;
    while ((UART_STATE & RX_FULL) != 0) {
        uint8_t byte = (uint8_t)UART_DATA;
        if ((uint8_t)(heard_in - heard_out) < HEARD) {
            heard[heard_in++ % HEARD] = byte;
        }
    }
}

static void on_millisecond(void) {
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
    if (size == 0 || (UART_STATE & TX_FULL) != 0) {
        return 0;
    }
    UART_DATA = *bytes;
    return 1;
}

static uint32_t now(void *context) {
    (void)context;
    return milliseconds;
}

/* This board has neither memory that lasts nor random numbers. What it has is how far the processor comes in a
 * millisecond, which in qemu depends on the host. A real board counts in flash or EEPROM (boards/uno). */
static uint32_t draw_boot(void *context) {
    uint32_t drawn = 0x811C9DC5; /* FNV-1a */
    (void)context;
    for (uint8_t turn = 0; turn < 32; turn++) {
        uint32_t came = 0, begun = milliseconds;
        while (milliseconds == begun) {
            came++;
        }
        drawn = (drawn ^ came ^ SYST_CVR << 16) * 0x01000193;
    }
    return drawn;
}

static const hub_port port = {take, give, now, draw_boot, NULL};

/* ---- the device ---- */

static hub device;
static hub_entity entities[3];
static uint8_t lamp, count, running;

static uint8_t obey(hub *of, uint8_t entity, const hub_value *value, void *user) {
    static int32_t switched;
    (void)user;
    LAMPS = value->as.boolean;
    hub_set_bool(of, entity, value->as.boolean);
    hub_set_int(of, count, ++switched);
    return HUB_DONE;
}

static void run(void) {
    UART_BAUDDIV = CLOCK_HZ / BAUD;
    UART_CTRL = TX_ON | RX_ON | RX_INTERRUPTS;
    SYST_RVR = CLOCK_HZ / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; /* the processor's clock, with interrupts */
    NVIC_ISER0 = 1;
    hub_begin(&device, &port, entities, 3, "mps2-1", "Bench Lamp", "1.0.0");
    hub_board(&device, "mps2-an385");
    hub_on_command(&device, obey, NULL);
    lamp = hub_light(&device, "lamp", "Bench Lamp");
    count = hub_sensor(&device, "switched", "Switched", NULL, NULL);
    running = hub_sensor(&device, "running", "Running", "min", "duration");
    hub_restore(&device, lamp);
    hub_set_bool(&device, lamp, false);
    hub_set_int(&device, count, 0);
    for (;;) {
        hub_poll(&device);
        hub_set_int(&device, running, (int32_t)(milliseconds / 60000));
    }
}

/* ---- the start ---- */

extern uint32_t data_begin, data_end, bss_begin, bss_end, stack_top;
extern const uint32_t data_image;

void start(void);
void start(void) {
    const uint32_t *from = &data_image;
    for (uint32_t *to = &data_begin; to < &data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &bss_begin; to < &bss_end;) {
        *to++ = 0;
    }
    run();
}

static void stop(void) {
    for (;;) {
    }
}

/* The first word is where the stack begins. Entry 15 is SysTick, 16 the first interrupt of the board: bytes at UART 0. */
__attribute__((section(".vectors"), used)) static const struct {
    void *stack;
    void (*handlers[16])(void);
} vectors = {&stack_top, {start, stop, stop, stop, stop, stop, NULL, NULL, NULL, NULL, stop, stop, NULL, stop, on_millisecond, on_byte}};
