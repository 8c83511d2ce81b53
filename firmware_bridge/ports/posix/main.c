/* Runs an example as a process; its pins are lines on standard output, its thermometer a file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/example.h"
#include "hub_posix.h"
#include "hub_posix_flash.h"
#include "update/hub_update.h"

#ifndef FIRMWARE_VERSION
#define FIRMWARE_VERSION "1.0.0"
#endif

static const char *folder;

void board_switch(uint8_t pin, bool on) {
    printf("pin %u %s\n", (unsigned)pin, on ? "on" : "off");
    fflush(stdout);
}

/* The number in DIR/celsius, or a mild day. */
float board_celsius(void) {
    char path[512];
    float celsius = 21.5f;
    if (folder != NULL) {
        snprintf(path, sizeof path, "%s/celsius", folder);
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            if (fscanf(file, "%f", &celsius) != 1) {
                celsius = 21.5f;
            }
            fclose(file);
        }
    }
    return celsius;
}

static int usage(const char *name) {
    fprintf(stderr, "usage: %s (--pty LINK | --tcp HOST:PORT) [--id ID] [--state DIR [--key KEY]]\n"
                    "KEY, the maker's public key, lets it take updates: run it by boot then\n", name);
    return 2;
}

int main(int count, char **words) {
    static hub device;
    static hub_entity entities[EXAMPLE_ENTITIES];
    static hub_updates updates;
    static uint8_t key[32];
    bool updated = false;
    hub_posix posix = {-1, NULL, NULL, 0, NULL};
    const char *id = this_example.id, *pty = NULL;
    char *tcp = NULL;
    for (int at = 1; at + 1 < count; at += 2) {
        if (strcmp(words[at], "--pty") == 0) {
            pty = words[at + 1];
        } else if (strcmp(words[at], "--tcp") == 0) {
            tcp = words[at + 1];
        } else if (strcmp(words[at], "--id") == 0) {
            id = words[at + 1];
        } else if (strcmp(words[at], "--state") == 0) {
            folder = words[at + 1];
        } else if (strcmp(words[at], "--key") == 0 && hub_posix_key(words[at + 1], key)) {
            updated = true;
        } else {
            return usage(words[0]);
        }
    }
    char *colon = tcp == NULL ? NULL : strrchr(tcp, ':');
    if (count % 2 == 0 || (pty == NULL) == (colon == NULL) || (updated && folder == NULL)) {
        return usage(words[0]);
    }
    posix.folder = folder;
    if (colon != NULL) {
        *colon = 0;
        hub_posix_tcp(&posix, tcp, colon + 1);
    } else if (!hub_posix_pty(&posix, pty)) {
        perror(pty);
        return 1;
    }
    const hub_port port = hub_posix_port(&posix);
    hub_begin(&device, &port, entities, EXAMPLE_ENTITIES, id, this_example.name, FIRMWARE_VERSION);
    hub_board(&device, this_example.board);
    const hub_flash flash = hub_posix_flash(folder);
    if (updated) {
        hub_take_updates(&device, &updates, &flash, key, NULL);
    }
    this_example.begin(&device);
    if (hub_error(&device) != HUB_FINE) {
        fprintf(stderr, "%s: the device could not be made (error %d)\n", words[0], (int)hub_error(&device));
        return 1;
    }
    printf("boot %lu\n", (unsigned long)device.boot);
    fflush(stdout);
    for (;;) {
        hub_poll(&device);
        this_example.poll(&device, port.now(port.context));
        hub_posix_wait(&posix, 10);
    }
}
