/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "way.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect.h"

/* ---- programs ---- */

/* Colours need -R, whatever else the user likes less to do. */
static void set_less(bool color)
{
	const char *less = getenv("LESS");
	char *text;

	setenv("LESS", "FRX", 0);
	if (less && color && asprintf(&text, "-R %s", less) > 0)
		setenv("LESS", text, 1);
}

/* A child of the shell with these as standard input and output; ^C and a closed pipe end it as they
 * end any program. */
static pid_t spawn(const char *command, int in, int out, bool color)
{
	const char *shell = getenv("SHELL");
	pid_t pid = fork();

	if (pid)
		return pid;
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	if (out != STDOUT_FILENO)
		dup2(out, STDOUT_FILENO);
	set_less(color);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (command)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	else
		execl(shell && *shell ? shell : "/bin/sh", shell && *shell ? shell : "sh",
		      (char *)NULL);
	_exit(127);
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int dmv_way_shell(const char *command, int out)
{
	void (*old)(int) = signal(SIGQUIT, SIG_IGN);
	pid_t pid = spawn(command, -1, out, false);
	int status = pid < 0 ? -1 : reap(pid);

	signal(SIGQUIT, old);
	return status;
}

static void start(struct dmv_way *w)
{
	int p[2];

	w->begun = true;
	if (pipe2(p, O_CLOEXEC)) {
		w->lost = errno;
		return;
	}
	w->pid = spawn(w->to, p[0], w->out, w->color);
	close(p[0]);
	if (w->pid > 0) {
		w->fd = p[1];
		return;
	}
	w->lost = errno;
	close(p[1]);
}

/* ---- the screen ---- */

static void measure(struct dmv_way *w)
{
	struct winsize s;
	bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &s);

	w->rows = known && s.ws_row > 1 ? s.ws_row : 24;
	w->columns = known && s.ws_col > 1 ? s.ws_col : 80;
}

/* Lines of the screen that the characters take; escapes and the tails of UTF-8 take no column. */
static void count(struct dmv_way *w)
{
	for (; w->at < w->nheld; w->at++) {
		unsigned char c = (unsigned char)w->held[w->at];

		if (c == '\033') {
			while (w->at + 1 < w->nheld && w->held[w->at] != 'm')
				w->at++;
		} else if (c == '\n') {
			w->lines++;
			w->column = 0;
		} else if ((c & 0xc0) != 0x80 && ++w->column > w->columns) {
			w->lines++;
			w->column = 1;
		}
	}
}

static bool hold(struct dmv_way *w, const char *buf, size_t n)
{
	if (w->room - w->nheld < n) {
		size_t room = w->nheld + n + 4096;
		char *p = realloc(w->held, room);

		if (!p)
			return false;
		w->held = p;
		w->room = room;
	}
	memcpy(w->held + w->nheld, buf, n);
	w->nheld += n;
	count(w);
	/* the prompt has the last line */
	return w->lines < w->rows;
}

/* ---- characters ---- */

static bool put(struct dmv_way *w, const char *buf, size_t n)
{
	while (n && !w->lost) {
		ssize_t done = write(w->fd, buf, n);

		if (done < 0 && errno == EINTR) {
			if (dmv_interrupted())
				return false;
			continue;
		}
		if (done <= 0) {
			w->lost = done ? errno : EIO;
			break;
		}
		buf += done;
		n -= (size_t)done;
	}
	return !w->lost;
}

static void begin(struct dmv_way *w)
{
	struct stat st;

	if (w->begun)
		return;
	w->begun = true;
	if (w->kind == DMV_WAY_PIPE || w->kind == DMV_WAY_PAGER)
		start(w);
	else if (w->kind == DMV_WAY_FILE && !w->append && !fstat(w->fd, &st) &&
		 S_ISREG(st.st_mode) && ftruncate(w->fd, 0))
		w->lost = errno;
}

/* What was held goes first. */
static bool put_held(struct dmv_way *w)
{
	bool ok = put(w, w->held ? w->held : "", w->nheld);

	free(w->held);
	w->held = NULL;
	w->nheld = w->room = w->at = 0;
	return ok;
}

bool dmv_way_write(struct dmv_way *w, const char *buf, size_t n)
{
	if (w->kind == DMV_WAY_PAGER && !w->begun) {
		size_t before = w->nheld;

		if (hold(w, buf, n))
			return true;
		begin(w);
		before = w->nheld - before;     /* of buf, what is held already */
		return put_held(w) && put(w, buf + before, n - before);
	}
	begin(w);
	return put(w, buf, n);
}

int dmv_way_fd(struct dmv_way *w)
{
	begin(w);
	return w->lost ? -1 : w->fd;
}

int dmv_way_end(struct dmv_way *w, bool answered)
{
	int status = 0;

	if (w->kind == DMV_WAY_PAGER && !w->begun)
		put_held(w);
	else if (answered)
		begin(w);
	if (w->fd != STDOUT_FILENO && close(w->fd) && !w->lost)
		w->lost = errno;
	if (w->pid > 0)
		status = reap(w->pid);
	free(w->held);
	w->held = NULL;
	return status;
}

/* ---- where to ---- */

void dmv_way_out(struct dmv_way *w)
{
	*w = (struct dmv_way){ .kind = DMV_WAY_OUT, .fd = STDOUT_FILENO };
}

void dmv_way_pager(struct dmv_way *w, const char *program, bool color)
{
	*w = (struct dmv_way){ .kind = DMV_WAY_PAGER, .to = program, .fd = STDOUT_FILENO,
			       .out = STDOUT_FILENO, .color = color };
	measure(w);
}

void dmv_way_pipe(struct dmv_way *w, const char *program, int out)
{
	*w = (struct dmv_way){ .kind = DMV_WAY_PIPE, .to = program, .fd = STDOUT_FILENO,
			       .out = out < 0 ? STDERR_FILENO : out };
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether another descriptor of this process has the file: the target, a part of it that was found
 * beside it, symbols. Terminals and /dev/null may be open twice. */
static bool is_open(int fd, const struct stat *st)
{
	DIR *d = S_ISREG(st->st_mode) || S_ISBLK(st->st_mode) ? opendir("/proc/self/fd") : NULL;
	const struct dirent *x;
	bool found = false;

	while (d && !found && (x = readdir(d))) {
		int other = atoi(x->d_name);
		struct stat o;

		found = *x->d_name != '.' && other != fd && other != STDOUT_FILENO &&
			other != STDERR_FILENO && !fstat(other, &o) && same(st, &o);
	}
	if (d)
		closedir(d);
	return found;
}

static bool is_named(const struct stat *st, const struct dmv_named *x)
{
	struct stat o;

	for (; x; x = x->next)
		for (size_t i = 0; i < x->n; i++)
			if (x->name[i] && !stat(x->name[i], &o) && same(st, &o))
				return true;
	return false;
}

enum dmv_code dmv_way_file(struct dmv_way *w, const char *path, bool append,
			   const struct dmv_named *named, struct dmv_err *e)
{
	/* a terminal that is named must not become ours; what stands in the file goes later */
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (append ? O_APPEND : 0),
		      0666);
	struct stat st;

	if (fd < 0)
		return dmv_fail(e, DMV_E_SYSTEM, "cannot write to %s: %s", path, strerror(errno));
	if (fstat(fd, &st) || is_open(fd, &st) || is_named(&st, named)) {
		close(fd);
		return dmv_fail(e, DMV_E_SYSTEM, "cannot write to %s: it is what is read here, the "
				"target or a file for it", path);
	}
	*w = (struct dmv_way){ .kind = DMV_WAY_FILE, .to = path, .fd = fd, .append = append };
	return DMV_E_OK;
}
