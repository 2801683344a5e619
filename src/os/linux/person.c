#include "os/person.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/names.h"

#define LOGIN_UNSET UINT32_MAX /* proc(5): nobody logged in; set by a service manager */
#define NAME_MAX_SHOWN 256

static uint32_t login_uid(uint32_t pid)
{
	char text[16] = { 0 }, path[48];
	int fd;

	snprintf(path, sizeof path, "/proc/%u/loginuid", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);

	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	unsigned long uid = n > 0 ? strtoul(text, NULL, 10) : LOGIN_UNSET;

	if (fd >= 0)
		close(fd);
	return uid < LOGIN_UNSET ? (uint32_t)uid : LOGIN_UNSET;
}

static void add_user(struct buf *ret, const struct names *names, uint32_t uid)
{
	struct span name = names_user(names, uid);

	if (name.n)
		buf_add_span(ret, name);
	else
		buf_addf(ret, "uid %u", uid);
}

/* The user whose rights we have, behind the one who acts: "alice (root, uid 0)". */
static void add_rights(struct buf *ret, const struct names *names, uint32_t uid, size_t from)
{
	struct span acting = { ret->p + from, ret->n - from };
	AUTO(buf) name = BUF_INIT(4096);

	add_user(&name, names, uid);
	if (span_same(acting, buf_span(&name)) && names_user(names, uid).n)
		buf_addf(ret, " (uid %u)", uid);
	else if (!span_same(acting, buf_span(&name)))
		buf_addf(ret, " (%s%suid %u)", names_user(names, uid).n ? buf_text(&name) : "",
			names_user(names, uid).n ? ", " : "", uid);
}

static void add_person(struct buf *ret, uint32_t login, const char *sudo, uint32_t uid)
{
	AUTO_FREE(names) names = NULL;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t from = ret->n;
	struct err e;

	if (root >= 0 && names_load(&names, root, &e) < 0)
		names = NULL;
	if (root >= 0)
		close(root);
	if (login != LOGIN_UNSET)
		add_user(ret, names, login);
	else if (uid == 0 && sudo && *sudo)
		buf_add(ret, sudo, strnlen(sudo, NAME_MAX_SHOWN));
	else
		add_user(ret, names, uid);
	add_rights(ret, names, uid, from);
}

void person_running(struct buf *ret)
{
	add_person(ret, login_uid((uint32_t)getpid()), getenv("SUDO_USER"), geteuid());
}

void person_of(struct buf *ret, uint32_t pid, uint32_t uid)
{
	add_person(ret, login_uid(pid), NULL, uid);
}
