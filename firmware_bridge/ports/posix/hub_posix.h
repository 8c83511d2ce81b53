/* A device as a process: behind a pseudo-terminal, or calling the hub over TCP.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HUB_POSIX_H
#define HUB_POSIX_H

#include "hub.h"

typedef struct {
    int line;            /* file, or -1 while there is none */
    const char *host;    /* of TCP; NULL: a pseudo-terminal */
    const char *service;
    uint32_t tried_at;
    const char *folder;  /* what lasts; NULL: nothing does */
} hub_posix;

/* Makes a pseudo-terminal and a link to it at `link` (replaced if it is one). False: errno says why. */
bool hub_posix_pty(hub_posix *posix, const char *link);
/* Calls `host` at `service` (a port), again every second while it does not answer. */
void hub_posix_tcp(hub_posix *posix, const char *host, const char *service);
hub_port hub_posix_port(hub_posix *posix);
/* Sleeps until the line has something to read, or for that long. */
void hub_posix_wait(hub_posix *posix, int milliseconds);

#endif
