/* SPDX-License-Identifier: Apache-2.0 */
/* replay FILE|FOLDER...: a fuzz target over files, each in memory of exactly its size. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static size_t replayed;

static bool replay_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        perror(path);
        return false;
    }
    size_t bytes = (size_t)st.st_size, got = 0;
    uint8_t *data = malloc(bytes > 0 ? bytes : 1);
    for (ssize_t n = 1; data != NULL && got < bytes && n > 0; got += n > 0 ? (size_t)n : 0)
        n = read(fd, data + got, bytes - got);
    close(fd);
    bool ok = data != NULL && got == bytes;
    fprintf(stderr, "%s\n", path); /* before: a crash must come behind its name */
    if (ok)
        LLVMFuzzerTestOneInput(data, bytes);
    free(data);
    replayed++;
    return ok;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool replay_folder(const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, is_visible, alphasort);
    bool ok = count >= 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        ok = n > 0 && (size_t)n < sizeof path && replay_file(path) && ok;
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return ok;
}

int main(int argc, char **argv)
{
    bool ok = true;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        ok = (folder ? replay_folder(argv[i]) : replay_file(argv[i])) && ok;
    }
    fprintf(stderr, "%zu replayed\n", replayed);
    return ok && replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
