/* Files a route's process may reach, by Landlock (Linux 5.13); by each itself, since what it is to
 * reach may lie on a file system that does not answer. Not for the others: a process under Landlock
 * may not look into processes outside, so that it could not tell who did something. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/config/route.h"
#include "agent/service/role.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* ABI 2, Linux 5.19 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3, Linux 6.2 */
#endif

#define ALL_1 ((1ULL << 13) - 1) /* of ABI 1 */
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE \
	(READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER | \
		LANDLOCK_ACCESS_FS_TRUNCATE)
#define RUN (READ | LANDLOCK_ACCESS_FS_EXECUTE)
/* What may be done to a file that is no folder. */
#define ON_FILES \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

struct reach {
	int rules;
	uint64_t handled;
};

static void allow(const struct reach *r, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access & r->handled };
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return; /* what is not there is not needed */
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= ON_FILES;
	(void)!syscall(SYS_landlock_add_rule, r->rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* Names, certificates, libraries: what the C library and those for TLS open by themselves. */
static void allow_common(const struct reach *r)
{
	static const struct {
		const char *path;
		uint64_t access;
	} rows[] = {
		{ ".", WRITE }, /* the spool */
		{ "/usr/lib", RUN },
		{ "/lib", RUN },
		{ "/lib64", RUN },
		{ "/etc/ld.so.cache", READ },
		{ "/etc/resolv.conf", READ },
		{ "/run/systemd/resolve", READ },
		{ "/etc/hosts", READ },
		{ "/etc/host.conf", READ },
		{ "/etc/gai.conf", READ },
		{ "/etc/nsswitch.conf", READ },
		{ "/etc/services", READ },
		{ "/etc/localtime", READ },
		{ "/usr/share/zoneinfo", READ },
		{ "/etc/ssl", READ },
		{ "/usr/share/ca-certificates", READ },
		{ "/usr/local/share/ca-certificates", READ },
		{ "/dev/null", READ | LANDLOCK_ACCESS_FS_WRITE_FILE },
		{ "/dev/urandom", READ },
		{ "/proc/self", READ },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		allow(r, rows[i].path, rows[i].access);
}

/* A program of the administrator's choosing reads what it needs, and writes where it may. */
static void allow_programs(const struct reach *r)
{
	allow(r, "/", RUN);
	allow(r, P_tmpdir, WRITE); /* where programs put what they make */
	allow(r, "/var/spool", WRITE | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK);
	allow(r, "/dev/null", READ | LANDLOCK_ACCESS_FS_WRITE_FILE);
}

static void allow_route(const struct reach *r, const struct route *route)
{
	struct route_reach reach;

	route_reach(route, &reach);
	if (reach.folder)
		allow(r, reach.folder, WRITE);
	for (size_t i = 0; i < sizeof reach.files / sizeof *reach.files && reach.files[i]; i++)
		allow(r, reach.files[i], READ);
	if (reach.runs)
		allow_programs(r);
}

bool confine_files_can(struct buf *ret_text)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1)
		return true;
	buf_addf(ret_text, "no Landlock: %s; ", strerror(errno));
	return false;
}

void confine_files(const struct route *route, struct buf *ret_text)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ALL_1 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct reach r;

	if (abi < 1)
		return; /* the link has said so */
	if (abi >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	r.handled = attr.handled_access_fs;
	r.rules =
		(int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
	if (r.rules < 0) {
		buf_addf(ret_text, "no Landlock: %s; ", strerror(errno));
		return;
	}
	allow_common(&r);
	allow_route(&r, route);
	if (syscall(SYS_landlock_restrict_self, r.rules, 0) < 0)
		buf_addf(ret_text, "no Landlock: %s; ", strerror(errno));
	close(r.rules);
}
