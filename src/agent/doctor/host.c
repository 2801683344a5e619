/* What lies there and what the kernel can do. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/doctor/doctor.h"
#include "core/escape.h"
#include "core/hex.h"
#include "core/time.h"
#include "host/bpf.h"
#include "os/clock.h"
#include "store/seal.h"

#define HERE "Installation"
#define KERNEL "Kernel"
#define MIB (UINT64_C(1) << 20)
#define SPACE_FAULT (16 * MIB)
#define SPACE_LOW (512 * MIB)
#define BUILT INT64_C(1767225600) /* 2026-01-01: no clock that is right shows less */

/* A path for a sentence; lives in the arena. */
static const char *shown(struct doctor *d, const char *path)
{
	AUTO(buf) text = BUF_INIT(8192);

	escape_text(&text, span_of(path));
	return arena_text(d->arena, buf_span(&text));
}

/* What can be written by others than root, of a path and all folders above it: the path itself, or
 * NULL. */
static const char *loose_part(struct doctor *d, const char *path)
{
	char part[PATH_MAX];
	size_t n = strnlen(path, sizeof part - 1);
	struct stat st;

	memcpy(part, path, n);
	for (part[n] = 0; n; part[n] = 0) {
		bool sticky_folder;

		if (stat(part, &st) < 0)
			return NULL;
		sticky_folder = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX);
		if (st.st_uid != 0 || ((st.st_mode & 022) && !sticky_folder))
			return shown(d, part);
		while (n > 1 && part[n - 1] != '/')
			n--;
		n = n > 1 ? n - 1 : 0;
	}
	return NULL;
}

static void check_program(struct doctor *d)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	const char *loose;

	if (n < 0) {
		doctor_say(d, HERE, "program", DOCTOR_FAIL, "mount proc on /proc",
			"/proc/self/exe cannot be read");
		return;
	}
	path[n] = 0;
	loose = loose_part(d, path);
	if (loose)
		doctor_say(d, HERE, "program", DOCTOR_WARN,
			"chown root and chmod go-w what is named, or install the package",
			"%s %s: others than root may write to %s, and so replace it",
			shown(d, path), INVAR_VERSION, loose);
	else
		doctor_say(d, HERE, "program", DOCTOR_OK, NULL, "%s %s, only root may write to it",
			shown(d, path), INVAR_VERSION);
}

static void check_policy(struct doctor *d)
{
	struct session *s = d->session;
	AUTO(problems) problems = { 0 };
	struct err e = { 0 };
	size_t rules = 0;

	if (policy_load(&d->policy, s->policy_path, true, &problems, &e) < 0) {
		d->policy = NULL;
		doctor_say(d, HERE, "policy", DOCTOR_FAIL, "invar policy check", "%s: %s%s",
			shown(d, s->policy_path), e.text,
			problems.n ? " (see the first problem there)" : "");
		return;
	}
	while (policy_rules(d->policy)[rules])
		rules++;
	if (problems.n)
		doctor_say(d, HERE, "policy", DOCTOR_WARN, "invar policy check",
			"%s: %zu rules, %zu warnings", shown(d, s->policy_path), rules, problems.n);
	else
		doctor_say(d, HERE, "policy", DOCTOR_OK, NULL, "%s: %zu rules, no warnings",
			shown(d, s->policy_path), rules);
}

static void say_settings(struct doctor *d, const char *path)
{
	AUTO(buf) digest = BUF_INIT(128);

	hex_add(&digest, span_from(d->config.digest, sizeof d->config.digest));
	if (!d->settings_path)
		doctor_say(d, HERE, "settings", DOCTOR_OK, NULL, "%s", shown(d, path));
	else if (strcmp(path, d->settings_path) != 0)
		doctor_say(d, HERE, "settings", DOCTOR_NOTE, NULL,
			"%s can be read; the agent that runs has %s", shown(d, path),
			shown(d, d->settings_path));
	else if (d->settings && strcmp(buf_text(&digest), d->settings) != 0)
		doctor_say(d, HERE, "settings", DOCTOR_WARN, "systemctl reload invar (or SIGHUP)",
			"%s was edited since the agent read it", shown(d, path));
	else
		doctor_say(d, HERE, "settings", DOCTOR_OK, NULL, "%s, as the agent has it",
			shown(d, path));
}

/* Those that were named, else those in force, else the usual ones, which need not be there. */
static void check_settings(struct doctor *d)
{
	const char *path = d->config_path     ? d->config_path
			   : d->settings_path ? d->settings_path
					      : AGENT_CONFIG_DEFAULT;
	AUTO(problems) problems = { 0 };
	struct err e = { 0 };
	int rc = agent_config_load(&d->config, path, &problems, &e);

	if (rc == ERR_MISSING && strcmp(path, AGENT_CONFIG_DEFAULT) == 0) {
		doctor_say(d, HERE, "settings", DOCTOR_OK, NULL,
			"no %s: the agent uses its defaults", AGENT_CONFIG_DEFAULT);
		rc = agent_config_load(&d->config, NULL, &problems, &e);
		d->configured = rc == 0;
		return;
	}
	d->configured = rc == 0;
	if (rc == ERR_DENIED && !d->root)
		doctor_say(d, HERE, "settings", DOCTOR_NOTE, NULL, "%s", e.text);
	else if (rc < 0)
		doctor_say(d, HERE, "settings", DOCTOR_FAIL, "correct the file", "%s%s%s", e.text,
			problems.n ? ": " : "", problems.n ? problems.list[0].text : "");
	else
		say_settings(d, path);
}

static void check_space(struct doctor *d, const char *dir)
{
	AUTO(buf) text = BUF_INIT(256);
	struct statvfs fs;
	uint64_t left;

	if (statvfs(dir, &fs) < 0)
		return;
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	text_bytes(&text, left);
	if (left < SPACE_FAULT || (fs.f_files && fs.f_favail < 16))
		doctor_say(d, HERE, "disk space", DOCTOR_FAIL, "make room, or move the state",
			"%s is left at %s, %llu inodes: nothing can be recorded soon",
			buf_text(&text), shown(d, dir), (unsigned long long)fs.f_favail);
	else if (left < SPACE_LOW)
		doctor_say(d, HERE, "disk space", DOCTOR_WARN, "make room, or move the state",
			"only %s is left at %s", buf_text(&text), shown(d, dir));
	else
		doctor_say(d, HERE, "disk space", DOCTOR_OK, NULL, "%s is left at %s",
			buf_text(&text), shown(d, dir));
}

static void check_ledger(struct doctor *d, struct store *store)
{
	uint8_t key[SEAL_KEY_BYTES];
	uint64_t records = 0;
	struct err e = { 0 };

	if (ledger_verify(store, &records, &e) < 0)
		doctor_say(d, HERE, "ledger", DOCTOR_FAIL,
			"somebody changed it, or the disk is failing: keep a copy, then invar log "
			"--verify",
			"%s", e.text);
	else
		doctor_say(d, HERE, "ledger", DOCTOR_OK, NULL, "%llu records, the chain holds",
			(unsigned long long)records);
	if (seal_public_key(store, key, &e) < 0)
		doctor_say(d, HERE, "key", DOCTOR_FAIL,
			"restore it from a backup of the state; without it no baseline can be "
			"signed or proven",
			"%s", e.text);
	else
		doctor_say(d, HERE, "key", DOCTOR_OK, NULL,
			"the signing key is there, and only root may read it");
}

static void check_state(struct doctor *d)
{
	const char *dir = d->session->state_dir;
	struct store *store = NULL;
	struct err e = { 0 };
	struct tree_root root;
	int rc;

	if (!d->root) {
		doctor_say(d, HERE, "state", DOCTOR_NOTE, NULL, "%s can be looked at by root only",
			shown(d, dir));
		return;
	}
	rc = store_open(&store, dir, STORE_READ, &e);
	if (rc == 0)
		rc = store_root_get(store, ROOT_APPROVED, &root, &e);
	if (rc == ERR_MISSING)
		doctor_say(d, HERE, "state", DOCTOR_FAIL, "invar init, or start the agent",
			"there is no baseline in %s yet", shown(d, dir));
	else if (rc < 0)
		doctor_say(d, HERE, "state", DOCTOR_FAIL,
			rc == ERR_DENIED ? "chown -R root and chmod -R go-rwx the folder"
					 : "keep a copy of the folder for an investigation",
			"%s", e.text);
	else
		doctor_say(d, HERE, "state", DOCTOR_OK, NULL,
			"%s: %llu entities approved, closed to others", shown(d, dir),
			(unsigned long long)root.count);
	if (rc == 0)
		check_ledger(d, store);
	store_close(store);
	check_space(d, rc == 0 ? dir : "/");
}

static void check_clock(struct doctor *d)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (clock_now() / TIME_SECOND < BUILT)
		doctor_say(d, HERE, "clock", DOCTOR_FAIL, "set the clock",
			"it shows a time before this program was written");
	else if (state < 0 || (t.status & STA_UNSYNC))
		doctor_say(d, HERE, "clock", DOCTOR_WARN,
			"run a time service (systemd-timesyncd, chrony)",
			"nothing keeps it right: times in the ledger may not fit those of other "
			"hosts");
	else
		doctor_say(d, HERE, "clock", DOCTOR_OK, NULL, "kept right by a time service");
}

void doctor_installation(struct doctor *d)
{
	check_program(d);
	check_policy(d);
	check_settings(d);
	check_state(d);
	check_clock(d);
}

/* ---- kernel ---- */

static void check_fanotify(struct doctor *d)
{
	static const struct {
		unsigned flags;
		enum doctor_state state;
		const char *text;
	} rows[] = {
		{ FAN_REPORT_DFID_NAME_TARGET | FAN_REPORT_PIDFD, DOCTOR_OK,
			"with names, targets and process descriptors" },
		{ FAN_REPORT_DFID_NAME | FAN_REPORT_PIDFD, DOCTOR_OK,
			"with names and process descriptors" },
		{ FAN_REPORT_DFID_NAME, DOCTOR_WARN, "with names only (Linux 5.9)" },
	};
	int error = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | rows[i].flags,
			O_RDONLY);

		if (fd >= 0) {
			close(fd);
			doctor_say(d, KERNEL, "fanotify", rows[i].state,
				rows[i].state == DOCTOR_OK ? NULL : "a kernel of 5.17 or later",
				"files: %s", rows[i].text);
			return;
		}
		error = errno;
	}
	doctor_say(d, KERNEL, "fanotify", d->root ? DOCTOR_WARN : DOCTOR_NOTE,
		d->root ? "a kernel of 5.9 or later with CONFIG_FANOTIFY, and CAP_SYS_ADMIN" : NULL,
		"refused (%s): files are watched by inotify, a folder each",
		strerrordesc_np(error));
}

static int first_task(void *ctx, const struct bpf_task *t, struct err *e)
{
	(void)ctx, (void)t, (void)e;
	return 1;
}

static void check_bpf(struct doctor *d)
{
	struct host_options o = { 0 };
	struct host *h = NULL;
	struct err e = { 0 };
	int rc = host_open(&h, &o, &e);

	if (rc == 0)
		rc = bpf_tasks(h, first_task, NULL, &e);
	host_free(h);
	if (rc >= 0)
		doctor_say(d, KERNEL, "bpf", DOCTOR_OK, NULL,
			"programs may be loaded, the kernel describes itself (BTF)");
	else
		doctor_say(d, KERNEL, "bpf", d->root ? DOCTOR_WARN : DOCTOR_NOTE,
			d->root ? "it takes a kernel with CONFIG_DEBUG_INFO_BTF, CAP_BPF, and the "
				  "host's PID "
				  "namespace (not that of a container)"
				: NULL,
			"refused (%s): who did something is found through /proc, and may be missed "
			"for programs that end at once",
			e.text);
}

static void check_sandbox(struct doctor *d)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* …_VERSION */);
	unsigned action = SECCOMP_RET_KILL_PROCESS;

	if (abi > 0)
		doctor_say(d, KERNEL, "landlock", DOCTOR_OK, NULL,
			"version %ld: the process of each route writes only where it must", abi);
	else
		doctor_say(d, KERNEL, "landlock", DOCTOR_WARN,
			"a kernel of 5.13 or later with landlock in its list of security modules "
			"(lsm=)",
			"not there: what the processes of routes write to is limited by their user "
			"alone");
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		doctor_say(d, KERNEL, "seccomp", DOCTOR_OK, NULL, "system calls can be limited");
	else
		doctor_say(d, KERNEL, "seccomp", DOCTOR_WARN, "a kernel with CONFIG_SECCOMP_FILTER",
			"not there: the agent's system calls are not limited");
}

/* Files of the kernel that we are worse off without. */
static void check_files(struct doctor *d)
{
	static const struct {
		const char *name, *path, *there, *missing, *advice;
	} rows[] = {
		{ "pressure", "/proc/pressure/cpu", "scans give way to other work",
			"not told: scans keep to their budget and cannot see that others wait",
			"boot with psi=1" },
		{ "login user", "/proc/self/loginuid", "the login behind a change is known",
			"not kept: a change is of its user, not of the login behind sudo",
			"a kernel with CONFIG_AUDIT" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool there = access(rows[i].path, R_OK) == 0;

		doctor_say(d, KERNEL, rows[i].name, there ? DOCTOR_OK : DOCTOR_WARN,
			there ? NULL : rows[i].advice, "%s",
			there ? rows[i].there : rows[i].missing);
	}
}

void doctor_kernel(struct doctor *d)
{
	struct utsname name;

	if (uname(&name) == 0)
		doctor_say(d, KERNEL, "release", DOCTOR_OK, NULL, "%s %s", name.sysname,
			name.release);
	check_fanotify(d);
	check_bpf(d);
	check_sandbox(d);
	check_files(d);
}
