/* See hub_posix_flash.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _XOPEN_SOURCE 700
#include "hub_posix_flash.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int open_area(const char *folder, uint8_t area, int how) {
    static const char *const names[] = {"slot-a", "slot-b", "record-a", "record-b"};
    char path[512];
    int length = snprintf(path, sizeof path, "%s/%s", folder, names[area]);
    return length < 0 || (size_t)length >= sizeof path ? -1 : open(path, how | O_CLOEXEC, 0644);
}

/* Closes it; true if nothing failed, that before included. */
static bool done(int file, bool well) {
    return file >= 0 && (close(file) == 0) && well;
}

/* What was written to a slot lasts. */
static bool settle(const char *folder, uint8_t area) {
    int file = open_area(folder, area, O_RDONLY);
    return file < 0 || done(file, fsync(file) == 0);
}

static bool settle_names(const char *folder) {
    int file = open(folder, O_RDONLY | O_CLOEXEC);
    return done(file, file >= 0 && fsync(file) == 0);
}

static uint32_t length(void *context, uint8_t area) {
    struct stat there;
    int file = open_area(context, area, O_RDONLY);
    bool known = file >= 0 && fstat(file, &there) == 0;
    return done(file, known) && there.st_size <= HUB_POSIX_ROOM ? (uint32_t)there.st_size : 0;
}

static bool erase(void *context, uint8_t area) {
    int file = open_area(context, area, O_WRONLY | O_CREAT | O_TRUNC);
    return done(file, true);
}

static bool write_area(void *context, uint8_t area, uint32_t offset, const uint8_t *bytes, size_t size) {
    bool record = area >= HUB_RECORD_A;
    if (record && !(settle(context, HUB_SLOT_A) && settle(context, HUB_SLOT_B) && settle_names(context))) {
        return false;
    }
    int file = open_area(context, area, O_WRONLY);
    bool whole = file >= 0 && pwrite(file, bytes, size, (off_t)offset) == (ssize_t)size && (!record || fsync(file) == 0);
    return done(file, whole);
}

static bool read_area(void *context, uint8_t area, uint32_t offset, uint8_t *bytes, size_t size) {
    int file = open_area(context, area, O_RDONLY);
    return done(file, file >= 0 && pread(file, bytes, size, (off_t)offset) == (ssize_t)size);
}

static void restart(void *context) {
    (void)context;
    exit(HUB_POSIX_RESTART);
}

hub_flash hub_posix_flash(const char *folder) {
    hub_flash flash = {HUB_POSIX_ROOM, length, erase, write_area, read_area, restart, NULL};
    flash.context = (void *)(uintptr_t)folder; /* only ever read */
    return flash;
}

bool hub_posix_key(const char *digits, uint8_t key[32]) {
    if (strlen(digits) != 64 || strspn(digits, "0123456789abcdefABCDEF") != 64) {
        return false;
    }
    for (int at = 0; at < 32; at++) {
        char pair[3] = {digits[2 * at], digits[2 * at + 1], 0};
        key[at] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}
