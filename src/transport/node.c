/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/node.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/process.h"

static bool is_same_node(const struct uw_drive *drive, const struct stat *status)
{
    if (drive->devnum != 0)
        return S_ISBLK(status->st_mode) && status->st_rdev == drive->devnum;
    return S_ISREG(status->st_mode) && status->st_dev == drive->file_dev &&
           status->st_ino == drive->file_inode;
}

/* Looks before and after opening: the first keeps us from opening what is no drive at all (opening a tape
 * rewinds it, a pipe waits), the second from a node that changed in between. */
static struct uw_node open_here(const struct uw_drive *drive, int flags)
{
    struct stat status;
    if (stat(drive->device, &status) != 0)
        return (struct uw_node){UW_NODE_UNSEEN, errno, -1};
    if (!is_same_node(drive, &status))
        return (struct uw_node){UW_NODE_OTHER, 0, -1};
    int fd = open(drive->device, flags | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return (struct uw_node){UW_NODE_REFUSED, errno, -1};
    if (fstat(fd, &status) == 0 && is_same_node(drive, &status))
        return (struct uw_node){UW_NODE_OPEN, 0, fd};
    close(fd);
    return (struct uw_node){UW_NODE_OTHER, 0, -1};
}

/* A message with room for one descriptor beside it. */
struct parcel {
    struct iovec data;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } room;
    struct msghdr message;
};

static void prepare(struct parcel *parcel, struct uw_node *node)
{
    *parcel = (struct parcel){.data = {.iov_base = node, .iov_len = sizeof *node}};
    parcel->message = (struct msghdr){.msg_iov = &parcel->data,
                                      .msg_iovlen = 1,
                                      .msg_control = parcel->room.bytes,
                                      .msg_controllen = sizeof parcel->room.bytes};
}

static bool hand_over(int socket, struct uw_node *node)
{
    struct parcel parcel;
    prepare(&parcel, node);
    struct cmsghdr *beside = CMSG_FIRSTHDR(&parcel.message);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(sizeof node->fd);
    memcpy(CMSG_DATA(beside), &node->fd, sizeof node->fd);
    if (node->fd < 0)
        parcel.message.msg_controllen = 0;
    return sendmsg(socket, &parcel.message, MSG_NOSIGNAL) == (ssize_t)sizeof *node;
}

/* The child may have been killed before it could answer, and our table of descriptors may be full. */
static struct uw_node take(int socket)
{
    struct uw_node node;
    struct parcel parcel;
    prepare(&parcel, &node);
    ssize_t got;
    do
        got = recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof node)
        return (struct uw_node){UW_NODE_UNSEEN, ECANCELED, -1};
    node.fd = -1;
    const struct cmsghdr *beside = CMSG_FIRSTHDR(&parcel.message);
    if (beside != NULL && beside->cmsg_type == SCM_RIGHTS)
        memcpy(&node.fd, CMSG_DATA(beside), sizeof node.fd);
    if (node.end == UW_NODE_OPEN && node.fd < 0)
        return (struct uw_node){UW_NODE_REFUSED, EMFILE, -1};
    return node;
}

static _Noreturn void open_and_exit(const struct uw_drive *drive, int flags, int socket)
{
    struct uw_node node = open_here(drive, flags);
    _exit(hand_over(socket, &node) ? 0 : 1);
}

static struct uw_node await(pid_t child, int socket, int timeout_ms)
{
    if (!uw_wait_readable_unless(socket, timeout_ms, NULL))
        return (struct uw_node){UW_NODE_HANGS, ETIMEDOUT, -1};
    struct uw_node node = take(socket);
    uw_process_end(child);
    return node;
}

struct uw_node uw_node_open(const struct uw_drive *drive, int flags, int timeout_ms)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return (struct uw_node){UW_NODE_UNSEEN, errno, -1};
    pid_t child = uw_process_fork(&ends[1], 1);
    int why = errno;
    if (child == 0)
        open_and_exit(drive, flags, ends[1]);
    close(ends[1]);
    struct uw_node node =
        child > 0 ? await(child, ends[0], timeout_ms) : (struct uw_node){UW_NODE_UNSEEN, why, -1};
    close(ends[0]);
    return node;
}
