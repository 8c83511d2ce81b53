/* What an example is to the port that runs it, and what it asks of the board.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "hub.h"

typedef struct {
    const char *id, *name, *board;
    /* Names the entities and what obeys. */
    void (*begin)(hub *device);
    /* Called between polls, with the milliseconds of the port. */
    void (*poll)(hub *device, uint32_t now);
} example;

/* Each example defines it. */
extern const example this_example;

enum { EXAMPLE_ENTITIES = 3 };

/* The board defines these. */
void board_switch(uint8_t pin, bool on);
float board_celsius(void);

#endif
