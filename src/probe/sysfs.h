/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's trees as files: bounded reads of small files, links and folders, below roots that tests can
 * move. */
#ifndef UW_PROBE_SYSFS_H
#define UW_PROBE_SYSFS_H

#include "probe/probe.h"

enum { UW_LONG_PATH_BYTES = 4096, UW_TEXT_BYTES = 4096 };

/* The roots, made absolute. `real`: they are this machine's, so that device nodes, udev and ioctls belong to
 * them. */
struct uw_tree {
    char sys[UW_PATH_BYTES];
    char proc[UW_PATH_BYTES];
    char dev[UW_PATH_BYTES];
    bool real;
    struct uw_trace *trace;
};
bool uw_tree_open(struct uw_tree *tree, const struct uw_roots *roots, struct uw_error *e);

/* "DIR/NAME" into `to`, which holds UW_LONG_PATH_BYTES; false (ENAMETOOLONG) where it does not fit. */
bool uw_path_join(char *to, const char *dir, const char *name);

/* The resolved path of DIR/NAME, malloc()ed; NULL and errno. */
char *uw_path_resolve(const char *dir, const char *name);

/* Up to `bytes` bytes of DIR/NAME; -1 and errno. Never waits. */
ssize_t uw_read_bytes(const char *dir, const char *name, void *data, size_t bytes);

/* All of DIR/NAME with a NUL behind it, malloc()ed; NULL and errno, EFBIG beyond `limit` bytes. */
char *uw_read_all(const char *dir, const char *name, size_t limit);

/* The first UW_TEXT_BYTES of DIR/NAME without the line end, cleaned; false and errno, `to` empty then. */
bool uw_read_text(const char *dir, const char *name, char *to, size_t to_bytes);

/* A decimal number, alone in its file; false and errno (EINVAL, ERANGE for what is none or does not fit). */
bool uw_read_number(const char *dir, const char *name, uint64_t *value);

/* "8:16" as a device number. */
bool uw_parse_devnum(const char *text, dev_t *devnum);

/* The last component of what the link DIR/NAME points at; false and errno. */
bool uw_read_link_name(const char *dir, const char *name, char *to, size_t to_bytes);

bool uw_path_exists(const char *dir, const char *name);

/* The names in a folder, without dot files, in the order of uw_name_compare. A folder that is not there has
 * none; at most 65,536. False when it cannot be read (errno) or memory ran out (ENOMEM). */
struct uw_names {
    char **items;
    size_t count;
};
bool uw_names_read(const char *dir, struct uw_names *names);
void uw_names_clear(struct uw_names *names);

/* Kernel order: numbers by value, disk letters as numbers (sdz before sdaa, nvme2n1 before nvme10n1). */
int uw_name_compare(const char *a, const char *b);

/* The word for `unknown` that an errno stands for. */
const char *uw_unknown_word(int errno_value);

#endif
