/* See hub_posix.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "hub_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static uint32_t moment(void *context) {
    struct timespec time;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint32_t)((uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000);
}

bool hub_posix_pty(hub_posix *posix, const char *link) {
    struct termios raw;
    posix->host = NULL;
    posix->line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (posix->line < 0 || grantpt(posix->line) != 0 || unlockpt(posix->line) != 0 || tcgetattr(posix->line, &raw) != 0) {
        return false;
    }
    cfmakeraw(&raw);
    struct stat there;
    if (lstat(link, &there) == 0 && S_ISLNK(there.st_mode)) {
        unlink(link);
    }
    return tcsetattr(posix->line, TCSANOW, &raw) == 0 && symlink(ptsname(posix->line), link) == 0;
}

static void hang_up(hub_posix *posix) {
    if (posix->host != NULL && posix->line >= 0) {
        close(posix->line);
        posix->line = -1;
    }
}

static void call(hub_posix *posix) {
    struct addrinfo wanted, *found, *each;
    uint32_t now = moment(NULL);
    if (posix->host == NULL || posix->line >= 0 || now - posix->tried_at < 1000) {
        return;
    }
    posix->tried_at = now;
    memset(&wanted, 0, sizeof wanted);
    wanted.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(posix->host, posix->service, &wanted, &found) != 0) {
        return;
    }
    for (each = found; each != NULL && posix->line < 0; each = each->ai_next) {
        posix->line = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (posix->line >= 0 && connect(posix->line, each->ai_addr, each->ai_addrlen) != 0) {
            hang_up(posix);
        }
    }
    freeaddrinfo(found);
    if (posix->line >= 0) {
        fcntl(posix->line, F_SETFL, O_NONBLOCK);
        fcntl(posix->line, F_SETFD, FD_CLOEXEC);
    }
}

void hub_posix_tcp(hub_posix *posix, const char *host, const char *service) {
    posix->line = -1;
    posix->host = host;
    posix->service = service;
    posix->tried_at = moment(NULL) - 1000;
}

/* What a read or write gave; a line that is gone is called again. */
static size_t given(hub_posix *posix, ssize_t count) {
    if (count > 0) {
        return (size_t)count;
    }
    if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        hang_up(posix);
    }
    return 0;
}

static size_t take(void *context, uint8_t *bytes, size_t size) {
    hub_posix *posix = context;
    call(posix);
    return posix->line < 0 ? 0 : given(posix, read(posix->line, bytes, size));
}

static size_t give(void *context, const uint8_t *bytes, size_t size) {
    hub_posix *posix = context;
    if (posix->line < 0) {
        return 0;
    }
    return given(posix, posix->host == NULL ? write(posix->line, bytes, size) : send(posix->line, bytes, size, MSG_NOSIGNAL));
}

/* Counts in DIR/boot, which is replaced as a whole; without a folder it is drawn. */
static uint32_t count_boot(void *context) {
    hub_posix *posix = context;
    char path[512], fresh[520];
    unsigned long boot = 0;
    if (posix->folder == NULL) {
        FILE *random = fopen("/dev/urandom", "rb");
        uint32_t drawn = 0;
        if (random != NULL) {
            if (fread(&drawn, sizeof drawn, 1, random) != 1) {
                drawn = (uint32_t)getpid();
            }
            fclose(random);
        }
        return drawn;
    }
    snprintf(path, sizeof path, "%s/boot", posix->folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%lu", &boot) != 1) {
            boot = 0;
        }
        fclose(file);
    }
    boot++;
    file = fopen(fresh, "w");
    if (file == NULL || fprintf(file, "%lu\n", boot) < 0 || fflush(file) != 0 || fsync(fileno(file)) != 0 || rename(fresh, path) != 0) {
        perror(path);
        exit(1); /* a boot that cannot be counted would let commands of the last one through */
    }
    fclose(file);
    return (uint32_t)boot;
}

hub_port hub_posix_port(hub_posix *posix) {
    hub_port port = {take, give, moment, count_boot, posix};
    return port;
}

void hub_posix_wait(hub_posix *posix, int milliseconds) {
    struct pollfd wanted = {posix->line, POLLIN, 0};
    poll(&wanted, 1, milliseconds);
    if ((wanted.revents & (POLLHUP | POLLERR)) != 0 && (wanted.revents & POLLIN) == 0) {
        poll(NULL, 0, milliseconds); /* nobody at the other end */
    }
}
