/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/workers.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define AHEAD 3u /* pieces begun but not concluded, for each job */

struct piece {
    pid_t pid;    /* 0: not running */
    int messages; /* its stderr; -1: none */
    int status;   /* of waitpid */
    bool ended;
};

struct crew {
    struct piece *piece;
    size_t count, begun, running;
    worker_fn fn;
    void *ctx;
    uint8_t *shared; /* results, as the workers see them */
    size_t size;
};

unsigned workers_default(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : (unsigned)n < WORKERS_MAX ? (unsigned)n : WORKERS_MAX;
}

/* In the worker. Nothing of the parent's is flushed or freed. */
static _Noreturn void work(struct crew *c, size_t i)
{
    int status;

    if (dup2(c->piece[i].messages, STDERR_FILENO) < 0)
        _exit(CMD_FAILED);
    status = c->fn(c->ctx, i, c->shared + i * c->size);
    fflush(stderr);
    _exit(status);
}

static int begin(struct crew *c)
{
    size_t i = c->begun++;
    struct piece *p = &c->piece[i];

    p->messages = memfd_create("messages", MFD_CLOEXEC);
    fflush(stdout);
    fflush(stderr);
    p->pid = p->messages >= 0 ? fork() : -1;
    if (p->pid == 0)
        work(c, i);
    if (p->pid < 0)
        return cmd_fail(CMD_FAILED, "cannot begin a worker: %s", strerror(errno));
    c->running++;
    return CMD_DONE;
}

static int wait_for_one(struct crew *c)
{
    int status;
    pid_t pid;

    do
        pid = waitpid(-1, &status, 0);
    while (pid < 0 && errno == EINTR);
    if (pid < 0)
        return cmd_fail(CMD_FAILED, "cannot wait for a worker: %s", strerror(errno));
    for (size_t i = 0; i < c->begun; i++)
        if (!c->piece[i].ended && c->piece[i].pid == pid) {
            c->piece[i].ended = true;
            c->piece[i].status = status;
            c->running--;
        }
    return CMD_DONE;
}

static void show_messages(int fd)
{
    char buf[4096];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
        fwrite(buf, 1, (size_t)n, stderr);
        at += n;
    }
}

/* What the piece said and how it ended. */
static int conclude(struct piece *p)
{
    show_messages(p->messages);
    close(p->messages);
    p->messages = -1;
    if (WIFEXITED(p->status))
        return WEXITSTATUS(p->status);
    return cmd_fail(CMD_FAILED, "a worker was ended by signal %d", WTERMSIG(p->status));
}

/* In the order of the pieces, with up to `jobs` at work. */
static int run(struct crew *c, unsigned jobs)
{
    int status = CMD_DONE;

    for (size_t next = 0; status == CMD_DONE && next < c->count;) {
        if (c->piece[next].ended)
            status = conclude(&c->piece[next++]);
        else if (c->begun < c->count && c->running < jobs && c->begun - next < AHEAD * jobs)
            status = begin(c);
        else
            status = wait_for_one(c);
    }
    return status;
}

int workers_run(size_t count, unsigned jobs, worker_fn fn, void *ctx, size_t size, void *results)
{
    struct crew c = {.count = count, .fn = fn, .ctx = ctx, .size = size};
    size_t bytes = count * size;
    int status;

    c.piece = calloc(count, sizeof(*c.piece));
    c.shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c.piece == NULL || c.shared == MAP_FAILED) {
        free(c.piece);
        return cmd_fail(CMD_FAILED, "out of memory");
    }
    status = run(&c, jobs);
    while (c.running != 0 && wait_for_one(&c) == CMD_DONE)
        ;
    memcpy(results, c.shared, bytes);
    for (size_t i = 0; i < c.begun; i++)
        if (c.piece[i].messages >= 0)
            close(c.piece[i].messages);
    munmap(c.shared, bytes);
    free(c.piece);
    return status;
}
