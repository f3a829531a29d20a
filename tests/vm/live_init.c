/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The first process of a guest in which dma-inspect itself runs (live.py): does what /script says,
 * a line each, words between tabs, and stays:
 *
 *	driver UID		starts a process with a test driver, as that user
 *	set PATH VALUE		writes VALUE into a file of /proc
 *	run UID NAME WORD...	runs a program as that user, between "live: begin NAME" and
 *				"live: end NAME EXIT-CODE"; PID in a word is the last process
 *	norawio NAME WORD...	as root, but without CAP_SYS_RAWIO
 *	kdump			makes a second kernel ready; there /script.crash is done
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

enum { WORDS = 64, LINE = 4096 };

static char pid_text[16];

void say(const char *fmt, ...)
{
	va_list ap;

	fputs("live: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void give_up(const char *fmt, ...)
{
	va_list ap;

	fputs("live: gave up: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void file_systems(void)
{
	static const char *const fs[][2] = {
		{ "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" },
	};

	for (size_t i = 0; i < sizeof(fs) / sizeof(fs[0]); i++) {
		mkdir(fs[i][1], 0755);
		mount("none", fs[i][1], fs[i][0], 0, NULL);
	}
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (open("/dev/console", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
		reboot(RB_POWER_OFF);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* The process of which the questions are. As another user than root: anyone may own it. */
static void start_driver(uid_t uid)
{
	char line[256];
	int fd[2];
	pid_t pid;
	FILE *f;

	if (pipe(fd))
		give_up("pipe");
	pid = fork();
	if (!pid) {
		dup2(fd[1], 1);
		close(fd[0]);
		if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
			_exit(126);
		execl("/drivers", "drivers", "e6_0f_5_overrun", "--mode", "log", "--hold",
		      "--physical", (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	f = fdopen(fd[0], "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "held")) {
			snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
			return;
		}
	give_up("the driver did not hold");
}

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		printf("live: cannot set %s\n", path);
	if (fd >= 0)
		close(fd);
}

static void become(uid_t uid, int rawio)
{
	if (!rawio && prctl(PR_CAPBSET_DROP, CAP_SYS_RAWIO, 0, 0, 0))
		_exit(125);
	if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
		_exit(126);
}

static void run(uid_t uid, int rawio, char **word)
{
	int status = 0;
	pid_t pid;

	printf("live: begin %s\n", word[0]);
	pid = fork();
	if (!pid) {
		become(uid, rawio);
		execv(word[1], word + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	printf("live: end %s %d\n", word[0],
	       WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

/* Words end at tabs. */
static void obey(char *line)
{
	char *word[WORDS + 1] = { 0 }, *save, with_pid[WORDS][64];
	size_t n = 0;

	line[strcspn(line, "\n")] = 0;
	for (char *w = strtok_r(line, "\t", &save); w && n < WORDS; w = strtok_r(NULL, "\t", &save))
		word[n++] = w;
	for (size_t i = 0; i < n; i++) {
		char *at = strstr(word[i], "PID");

		if (!at || strlen(word[i]) > 40)
			continue;
		snprintf(with_pid[i], sizeof(with_pid[i]), "%.*s%s%s", (int)(at - word[i]),
			 word[i], pid_text, at + 3);
		word[i] = with_pid[i];
	}
	if (n >= 3 && !strcmp(word[0], "set"))
		set(word[1], word[2]);
	else if (n >= 4 && !strcmp(word[0], "run"))
		run((uid_t)atoi(word[1]), 1, word + 2);
	else if (n >= 3 && !strcmp(word[0], "norawio"))
		run(0, 0, word + 1);
	else if (n >= 2 && !strcmp(word[0], "driver"))
		start_driver((uid_t)atoi(word[1]));
	else if (n == 1 && !strcmp(word[0], "kdump"))
		crash_load();
}

int main(void)
{
	char line[LINE];
	FILE *f;

	file_systems();
	f = fopen(crash_kernel() ? "/script.crash" : "/script", "r");
	while (f && fgets(line, sizeof(line), f))
		obey(line);
	puts("live: ready");
	for (;;)
		pause();
}
