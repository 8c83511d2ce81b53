/* Takes updates: call hub_take_updates after hub_begin, with memory for two images.
 *
 *     static hub_updates updates;
 *     hub_take_updates(&device, &updates, &flash, public_key, NULL);
 *
 * An image is checked against the maker's key before a byte of it is written, and against its digest before it is
 * started; one older than what runs is refused. It is on trial until the hub knows all of the device and `is_healthy` agrees; else the boot loader
 * (hub_slot_to_run) goes back after three starts, or this after five minutes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_UPDATE_H
#define HUB_UPDATE_H

#include "../hub.h"
#include "hub_slots.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How long an image may be on trial, in milliseconds. */
#ifndef HUB_TRIAL_LASTS
#define HUB_TRIAL_LASTS 300000
#endif

enum hub_update_code {
    HUB_UPDATE_SEND,
    HUB_UPDATE_WHOLE,
    HUB_UPDATE_NONE,
    HUB_UPDATE_UNSIGNED,
    HUB_UPDATE_OTHER_BOARD,
    HUB_UPDATE_TOO_LARGE,
    HUB_UPDATE_DAMAGED,
    HUB_UPDATE_NEVER,
    HUB_UPDATE_NOT_NOW,
    HUB_UPDATE_OLDER
};

/* Asked of the maker; a function that is NULL says yes. */
typedef struct {
    /* Whether an update may begin: not on a battery below 30 %, not while a motor runs. */
    bool (*may_begin)(void *user);
    /* Whether the image on trial works. */
    bool (*is_healthy)(void *user);
    void *user;
} hub_update_maker;

/* The fields are the library's own. */
typedef struct {
    const hub_flash *flash;
    const uint8_t *key;
    const hub_update_maker *maker;
    hub_record record;
    uint32_t transfer, size, next;
    bool open;
    bool leaving; /* to the new image, when the answer has gone */
    uint32_t since; /* when the trial began, or the leave was taken */
} hub_updates;

/* `key` is the maker's public key, 32 bytes, and stays where it is, as all that is given here. hub_board must name the board. */
void hub_take_updates(hub *device, hub_updates *updates, const hub_flash *flash, const uint8_t *key, const hub_update_maker *maker);

#ifdef __cplusplus
}
#endif
#endif
