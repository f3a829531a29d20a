/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Tries from inside the sandbox what a dump that took over the reader would try. For each it says
 * what came of it, for sandbox.py to judge:
 *
 *	sandbox_try DIRECTORY FILE [none|process|write|library]
 *
 * FILE may be read; of the rest nothing may, and nothing may be made but in DIRECTORY for "write".
 * "library": FILE is a dump, read by libkdumpfile in its child process.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem_int.h"
#include "sandbox.h"

static const char *dir, *file;

static void say(const char *what, bool done)
{
	printf("%s %s\n", what, done ? "done" : strerror(errno));
	fflush(stdout);
}

static bool opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void files(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/new", dir);
	say("create", opens(path, O_WRONLY | O_CREAT));
	say("append", opens(file, O_WRONLY | O_APPEND));
	say("truncate", opens(file, O_WRONLY | O_TRUNC));
	say("remove", !unlink(file));
	say("rename", !rename(file, path));
	say("make directory", !mkdir(path, 0700));
	say("read file", opens(file, O_RDONLY));
	say("read passwd", opens("/etc/passwd", O_RDONLY));
	say("list directory", opens(dir, O_RDONLY | O_DIRECTORY));
}

static void others(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	char *argv[] = { "true", NULL }, byte;
	struct iovec to = { &byte, 1 }, from = { &byte, 1 };
	int pair[2], fd = socket(AF_INET, SOCK_STREAM, 0);
	void *p;

	say("socket", fd >= 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return;
	say("connect", !connect(pair[0], (struct sockaddr *)&sa, sizeof(sa)) ||
		       errno == EINVAL || errno == EISCONN || errno == ECONNREFUSED);
	say("exec", execv("/bin/true", argv) >= 0);
	say("ptrace", !ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	say("read process", process_vm_readv(getppid(), &to, 1, &from, 1, 0) >= 0 ||
			    errno == EFAULT);
	say("read itself as another", process_vm_readv(getpid(), &to, 1, &from, 1, 0) >= 0);
	say("datagrams", !socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("code", p != MAP_FAILED);
}

static void *thread(void *arg)
{
	return arg;
}

/* What readers of dumps do. */
static void needed(void)
{
	int pair[2], status = 1;
	pthread_t t;
	void *p;
	pid_t pid;

	say("thread", !pthread_create(&t, NULL, thread, NULL) && !pthread_join(t, NULL));
	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	say("memory", p != MAP_FAILED);
	say("pair", !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	pid = fork();
	if (!pid)
		_exit(opens("/bin/sh", O_RDWR) ? 1 : 7);
	say("child", pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	say("kill child", pid > 0 && !kill(pid, SIGKILL) && waitpid(pid, &status, 0) == pid);
}

/* The child is made inside the first wall, and again after it was lost. */
static void library(void)
{
	struct dmv_mem_opts o = { 0 };
	struct dmv_err e = { 0 };
	struct dmv_mem *m;
	char b[16];

	if (dmv_mem_open_kdumpfile(file, &o, &m, &e)) {
		printf("library %s\n", e.msg);
		return;
	}
	for (size_t i = 0; i < m->nrange[DMV_PHYS]; i++)
		if (dmv_mem_read(m, DMV_PHYS, m->range[DMV_PHYS][i].start, b, sizeof(b), &e))
			printf("library %s\n", e.msg);
		else
			printf("library %.16s\n", b);
	dmv_mem_close(m);
}

int main(int argc, char **argv)
{
	struct dmv_sandbox s = { 0 };
	struct dmv_sandbox_state st = { 0 };
	const char *how = argc > 3 ? argv[3] : "";

	if (argc < 3)
		return 2;
	dir = argv[1];
	file = argv[2];
	s.process = strcmp(how, "process") ? 0 : getppid();
	if (!strcmp(how, "write")) {
		s.write = &dir;
		s.nwrite = 1;
	}
	if (strcmp(how, "none")) {
		dmv_sandbox_enter(&s, &st);
		if (strcmp(how, "library"))
			say("second", dmv_sandbox_read_only(&s, &file, 1));
	}
	printf("walls %d %d %s\n", st.calls, st.files, st.why);
	if (!strcmp(how, "library")) {
		library();
		return 0;
	}
	files();
	needed();
	others();
	return 0;
}
