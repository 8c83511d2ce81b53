/* The boot loader of a device that is a process: boot DIR KEY [WORD ...]
 *
 * Starts the image of the slot to run, with the words, and again whenever it ends. As a watchdog it ends an image on
 * trial that should have proved itself or gone back long ago. DIR holds the slots; KEY is the maker's public key.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hub_posix_flash.h"

enum { WATCHDOG_SECONDS = 330, PAUSE_SECONDS = 1 };

static volatile sig_atomic_t child, asked;

static void on_signal(int number) {
    asked = asked || number != SIGALRM;
    if (child > 0) {
        kill((pid_t)child, number == SIGALRM ? SIGKILL : number);
    }
}

/* Lays the content of a slot out as a program. */
static bool lay_out(const hub_flash *flash, uint8_t slot, const char *path) {
    uint8_t bytes[4096] = {0};
    uint32_t end = HUB_IMAGE_CONTENT;
    if (!flash->read(flash->context, slot, HUB_IMAGE_SIZE, bytes, 4)) {
        return false;
    }
    end += hub_little(bytes);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    for (uint32_t at = HUB_IMAGE_CONTENT; file >= 0 && at < end;) {
        size_t some = end - at < sizeof bytes ? end - at : sizeof bytes;
        if (!flash->read(flash->context, slot, at, bytes, some) || write(file, bytes, some) != (ssize_t)some) {
            close(file);
            return false;
        }
        at += (uint32_t)some;
    }
    return file >= 0 && close(file) == 0;
}

/* Runs the program until it ends; returns what waitpid says of it. */
static int run(char *path, char **words, bool on_trial) {
    int status = 0;
    pid_t made = fork();
    if (made == 0) {
        char *self = words[0];
        words[0] = path;
        execv(path, words);
        perror(self);
        _exit(126);
    }
    child = made;
    alarm(on_trial ? WATCHDOG_SECONDS : 0);
    while (made > 0 && waitpid(made, &status, 0) < 0 && errno == EINTR) {
    }
    alarm(0);
    return status;
}

int main(int count, char **words) {
    static uint8_t key[32];
    char path[512];
    struct sigaction action;
    if (count < 3 || !hub_posix_key(words[2], key)) {
        fprintf(stderr, "usage: %s DIR KEY [WORD ...]  (KEY: 64 hexadecimal digits)\n", words[0]);
        return 2;
    }
    const hub_flash flash = hub_posix_flash(words[1]);
    snprintf(path, sizeof path, "%s/running", words[1]);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    while (!asked) {
        uint8_t slot;
        hub_record record;
        if (!hub_slot_to_run(&flash, key, &slot) || !lay_out(&flash, slot, path)) {
            fprintf(stderr, "%s: no slot holds an image that is signed by the key\n", words[1]);
            return 1;
        }
        hub_record_load(&flash, &record);
        int status = run(path, words + 2, record.trial == HUB_ON_TRIAL);
        if (!(WIFEXITED(status) && WEXITSTATUS(status) == HUB_POSIX_RESTART) && record.trial != HUB_ON_TRIAL && !asked) {
            fprintf(stderr, "%s: the image ended; it is started again\n", words[1]);
            sleep(PAUSE_SECONDS);
        }
    }
    return 0;
}
