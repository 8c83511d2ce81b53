/* What the parts of the library share; no maker needs it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_PARTS_H
#define HUB_PARTS_H

#include "hub.h"

/* Constants stay in flash on AVR, where what is not asked to is copied into RAM. */
#ifdef __AVR__
#include <avr/pgmspace.h>
#define HUB_FLASH PROGMEM
#define hub_from_flash memcpy_P
#else
#define HUB_FLASH
#define hub_from_flash memcpy
#endif

/* Flags of an entity. */
enum { CHANGED = 1, IN_FLIGHT = 2, RESTORE = 4, STATELESS = 8 };

/* Notes the first error. */
void hub_fail(hub *device, uint8_t error);
uint32_t hub_now(const hub *device);
/* How much later `a` is than `b`, both modulo 2^32. */
int32_t hub_after(uint32_t a, uint32_t b);
bool hub_is_id(const char *id);
void hub_put_text_if(hub_writer *writer, uint8_t key, const char *text);

/* ---- hub_entities.c ---- */

/* Whether the entity is and may be commanded to be set to that. */
bool hub_takes(const hub *device, uint32_t entity, const hub_value *value);
void hub_describe(const hub *device, uint8_t entity, hub_writer *writer);
/* Puts what changed and fits; that is IN_FLIGHT then. */
void hub_put_states(hub *device, hub_writer *writer);
bool hub_is_changed(const hub *device);
/* The states in flight were acknowledged. */
void hub_states_kept(hub *device);
/* All states are to be said again. */
void hub_all_changed(hub *device);

/* ---- hub_orders.c ---- */

bool hub_ping_due(const hub *device, uint32_t moment);
void hub_ping(hub *device, uint32_t moment);
void hub_on_time(hub *device, const hub_body *body);
void hub_on_order(hub *device, const hub_body *body);

#endif
