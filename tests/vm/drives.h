/* SPDX-License-Identifier: Apache-2.0 */
/* The drives of tests/model behind doors that a real kernel can open: an NVMe/TCP target, and CDBs that
 * tcmu-door sends. They live in this process, so they outlive the machine that uses them. */
#ifndef DRIVES_H
#define DRIVES_H

#include <pthread.h>

#include "model/model_ata.h"
#include "model/model_nvme.h"

enum { DRIVE_NAME = 64, DRIVE_LINES = 64, DRIVE_NQN = 128, LOOPBACK_BACKLOG = 64 };

struct line {
    int fd;
    uint16_t cntlid; /* of NVMe */
    bool admin;
};

struct drive {
    char name[DRIVE_NAME], nqn[DRIVE_NQN];
    struct model_nvme *nvme; /* one of the two */
    struct model_ata *ata;
    pthread_mutex_t lock; /* of what follows */
    bool unplugged;
    uint16_t last_cntlid;
    struct line lines[DRIVE_LINES]; /* that lead to it now */
    size_t line_count;
};

/* drives.c */
uint64_t drives_now_ms(void);                       /* the models' clock: the real one, times the speed */
int drives_wait_ms(uint64_t until_ms, int most_ms); /* as poll(2) wants it */
struct drive *drive_by_name(const char *name);
struct drive *drive_by_nqn(const char *nqn);
/* False: it has no power or no plug, or too many lines; the line is to be closed. */
bool drive_add_line(struct drive *drive, struct line line);
void drive_remove_line(struct drive *drive, int fd);
/* Of one controller, or (admin NULL) of the whole drive: all of its lines break. */
void drive_break_lines(struct drive *drive, const uint16_t *cntlid);
bool drive_has_controller(struct drive *drive, uint16_t cntlid);
/* As a hand that pulls the plug. */
void drive_unplug(struct drive *drive);
bool drives_read(int fd, void *data, size_t bytes); /* all of it */
bool drives_write(int fd, const void *data, size_t bytes, const void *more, size_t more_bytes);

/* One line from its beginning to its end; closes fd. */
void drives_serve_nvme(int fd);
void drives_serve_scsi(int fd);

#endif
