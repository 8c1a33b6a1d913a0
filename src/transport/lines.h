/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for a file that a process of its own writes, so that a file system that does not answer holds nobody
 * but that process. */
#ifndef UW_TRANSPORT_LINES_H
#define UW_TRANSPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { UW_LINES_CHUNK_BYTES = 32768, UW_LINES_LAST_WAIT_MS = 2000 };

/* What the process does with the chunks that it receives from `lines`, until nobody is left to send any; as
 * uw_process_fork says, system calls alone. */
typedef void uw_lines_work(void *shared, int lines, int file);

/* Begins such a process. Its id, and in *lines the socket that takes chunks; -1 and errno. */
pid_t uw_lines_fork(uw_lines_work *work, void *shared, int file, int *lines);

/* Hands over a chunk as a whole or not at all, without waiting; 0 or an errno: EAGAIN where too many wait,
 * EMSGSIZE where it has more than UW_LINES_CHUNK_BYTES, of which the process would see the first. */
int uw_lines_send(int lines, const char *data, size_t bytes);

bool uw_write_all(int fd, const char *data, size_t bytes); /* false and errno */

#endif
