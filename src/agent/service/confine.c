/* What each role gives up for good. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/config/route.h"
#include "agent/service/role.h"

#define NOBODY 65534
#define FILES_MAX 65536
#define ANSWER_MS 1000 /* of a file system */
#define LINK_MEMORY ((rlim_t)1 << 30)
#define CAP(name) (UINT64_C(1) << CAP_##name)

/* Found by taking each away and looking what becomes a gap; docs/AGENT.md says what each is for. */
#define WATCHER_RIGHTS \
	(CAP(SYS_ADMIN) | CAP(DAC_READ_SEARCH) | CAP(SYS_PTRACE) | CAP(NET_ADMIN) | CAP(BPF) | \
		CAP(PERFMON) | CAP(SYS_RESOURCE))
#define COLLECTOR_RIGHTS \
	(CAP(SYS_ADMIN) | CAP(DAC_READ_SEARCH) | CAP(SYS_PTRACE) | CAP(NET_ADMIN) | CAP(BPF) | \
		CAP(PERFMON) | CAP(FOWNER) | CAP(SYSLOG) | CAP(NET_BIND_SERVICE))
#define PARENT_RIGHTS (CAP(KILL))
#define START_RIGHTS (CAP(SETUID) | CAP(SETGID) | CAP(SETPCAP) | CAP(DAC_OVERRIDE) | CAP(CHOWN))

static const struct {
	uint64_t effective;
	uint64_t permitted; /* beside the effective ones: of the parent, to give to its children */
} rights[ROLE_N] = {
	[ROLE_PARENT] = { PARENT_RIGHTS, WATCHER_RIGHTS | COLLECTOR_RIGHTS | START_RIGHTS },
	[ROLE_WATCHER] = { WATCHER_RIGHTS, 0 },
	[ROLE_COLLECTOR] = { COLLECTOR_RIGHTS, 0 },
	[ROLE_LINK] = { 0, 0 },
};

/* ---- the user ---- */

/* From the file: NSS might wait for a network, and runs foreign code. */
static bool find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;
	bool found = false;

	while (f && !found && (p = fgetpwent(f)) != NULL)
		if (strcmp(p->pw_name, name) == 0 && p->pw_uid != 0) {
			*ret_uid = p->pw_uid;
			*ret_gid = p->pw_gid;
			found = true;
		}
	if (f)
		fclose(f);
	return found;
}

void role_link_user(const struct agent_config *c, uid_t *ret_uid, gid_t *ret_gid)
{
	*ret_uid = *ret_gid = NOBODY;
	if (!find_user(c->link_user ? c->link_user : "invar-link", ret_uid, ret_gid))
		(void)find_user("nobody", ret_uid, ret_gid);
}

static int change_user(const struct agent_config *c, struct buf *ret_text, struct err *e)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0) {
		buf_add_text(ret_text, "the link has the agent's own user (only root can change "
				       "it); ");
		return 0;
	}
	role_link_user(c, &uid, &gid);
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_sys(e, "cannot become user %u", (unsigned)uid);
	return 0;
}

/* ---- the parts together ---- */

/* By a process that may be lost: the file system may not answer, and we must begin all the same. */
static bool is_somebody_elses(const char *folder)
{
	pid_t pid = fork();
	struct stat st;
	int status = 0;

	if (pid == 0)
		_exit(stat(folder, &st) == 0 && st.st_uid != 0);
	for (int i = 0; pid > 0 && i < ANSWER_MS; i++) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			return WIFEXITED(status) && WEXITSTATUS(status) == 1;
		usleep(1000);
	}
	if (pid > 0)
		kill(pid, SIGKILL);
	return false;
}

/* A folder of somebody else (the node exporter's, say) takes one right more to write to. */
static bool writes_elsewhere(const struct agent_config *c)
{
	char folder[4096];
	char *slash;

	if (!c->metrics || snprintf(folder, sizeof folder, "%s", c->metrics) >= (int)sizeof folder)
		return false;
	slash = strrchr(folder, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return is_somebody_elses(folder[0] ? folder : "/");
}

static bool runs_programs(const struct agent_config *c)
{
	struct route_reach reach;

	for (const struct route *const *r = c->routes; *r; r++) {
		route_reach(*r, &reach);
		if (reach.runs)
			return true;
	}
	return false;
}

static void limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit now, wanted = { most, most };

	if (getrlimit(what, &now) == 0 && now.rlim_max < most)
		wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
	(void)!setrlimit(what, &wanted); /* less than asked for is no danger */
}

/* Root's number alone shall give nothing: what is given up stays given up. */
static void lock_bits(struct buf *ret_text)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
				   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
				   SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	if (geteuid() == 0 && prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
		buf_addf(ret_text, "securebits: %s; ", strerror(errno));
}

static int keep_rights(enum role role, const struct agent_config *c, struct err *e)
{
	uint64_t more = role == ROLE_COLLECTOR && writes_elsewhere(c) ? CAP(DAC_OVERRIDE) : 0;

	return confine_rights(rights[role].effective | rights[role].permitted | more,
		rights[role].effective | more, e);
}

int role_confine(enum role role, const struct agent_config *c, struct buf *ret_text, struct err *e)
{
	umask(077);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, FILES_MAX);
	if (role == ROLE_LINK) {
		if (change_user(c, ret_text, e) < 0)
			return e->code;
		limit(RLIMIT_AS, LINK_MEMORY);
	} else if (role == ROLE_PARENT) {
		lock_bits(ret_text);
	}
	if (keep_rights(role, c, e) < 0)
		return e->code;
	if (role == ROLE_LINK && geteuid() != 0 && setuid(0) == 0)
		return err_set(e, ERR_DENIED, "user 0 could be had again");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "cannot renounce new rights");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		buf_addf(ret_text, "not undumpable: %s; ", strerror(errno));
	if (role == ROLE_LINK)
		(void)confine_files_can(ret_text);
	return confine_calls(role, role == ROLE_LINK && runs_programs(c), ret_text, e);
}
