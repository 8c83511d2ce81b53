/* Slots and records as files in a folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_POSIX_FLASH_H
#define HUB_POSIX_FLASH_H

#include "update/hub_slots.h"

/* A device that ends so wants to be started anew. */
enum { HUB_POSIX_RESTART = 75 };
/* Most bytes of an image file. */
enum { HUB_POSIX_ROOM = 64 << 20 };

/* The folder stays where it is. */
hub_flash hub_posix_flash(const char *folder);
/* Reads 64 hexadecimal digits; false if it is anything else. */
bool hub_posix_key(const char *digits, uint8_t key[32]);

#endif
