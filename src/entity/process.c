#include "entity/process.h"

#include "core/attr.h"

static const char *const seccomp[] = { "none", "strict", "filter", NULL };
_Static_assert(ARRAY_LEN(seccomp) == SECCOMP_N + 1, "every process_seccomp needs a name");

#define STD FIELD_STANDARD
#define NOW (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[PROCESS_EXE] = { "exe", FIELD_TEXT, STD, "the executable's path as the kernel knows it",
		NULL },
	[PROCESS_USER] = { "user", FIELD_TEXT, STD, "effective user, by name where it has one",
		NULL },
	[PROCESS_UNIT] = { "unit", FIELD_TEXT, STD,
		"systemd unit, unless it has another name each time (sessions); Windows: the "
		"service, where the process hosts one",
		NULL },
	[PROCESS_CONTAINER] = { "container", FIELD_TEXT, STD,
		"container by its cgroup: docker:0123456789ab, machine:web, lxc:web", NULL },
	[PROCESS_SHA256] = { "sha256", FIELD_DIGEST, STD | FIELD_CONTENT,
		"SHA-256 of what runs, also when its file is gone (of the one started last)",
		NULL },
	[PROCESS_DELETED] = { "deleted", FIELD_FLAG, STD,
		"the file it was started from is gone, and none stands in its place", NULL },
	[PROCESS_REPLACED] = { "replaced", FIELD_FLAG, STD,
		"another file stands where it was started from (an update waits for a restart)",
		NULL },
	[PROCESS_MEMFD] = { "memfd", FIELD_FLAG, STD, "runs from memory alone: it never had a file",
		NULL },
	[PROCESS_PACKAGE] = { "package", FIELD_TEXT, STD, "package that owns the executable",
		NULL },
	[PROCESS_UNPACKAGED] = { "unpackaged", FIELD_FLAG, STD,
		"no package owns the executable (absent where nobody can say)", NULL },
	[PROCESS_WRITABLE] = { "writable", FIELD_FLAG, STD,
		"users other than root can change the executable or a folder above it", NULL },
	[PROCESS_SCRIPTS] = { "scripts", FIELD_LIST, STD,
		"scripts an interpreter runs (jar files; module:NAME; inline), \" (deleted)\" "
		"behind "
		"those whose file is gone",
		NULL },
	[PROCESS_SCRIPT_DIGESTS] = { "script_digests", FIELD_LIST, STD | FIELD_CONTENT,
		"SHA-256 and path of each script", NULL },
	[PROCESS_CAPABILITIES] = { "capabilities", FIELD_LIST, STD,
		"effective capabilities; all where none is missing", NULL },
	[PROCESS_AMBIENT] = { "ambient", FIELD_LIST, STD,
		"capabilities that programs it starts keep", NULL },
	[PROCESS_SECCOMP] = { "seccomp", FIELD_CHOICE, STD,
		"system calls limited (the least limited process counts)", seccomp },
	[PROCESS_NO_NEW_PRIVS] = { "no_new_privs", FIELD_FLAG, STD,
		"cannot gain rights by executing (all processes)", NULL },
	[PROCESS_NAMESPACES] = { "namespaces", FIELD_LIST, STD,
		"namespaces that are not those of pid 1", NULL },
	[PROCESS_ROOT] = { "root", FIELD_LIST, STD, "root folder where it is not / (chroot)",
		NULL },
	[PROCESS_LIBRARIES] = { "libraries", FIELD_LIST, STD,
		"code mapped from files that no package owns, others can write, or that are gone",
		NULL },
	[PROCESS_REPLACED_LIBRARIES] = { "replaced_libraries", FIELD_LIST, 0,
		"packaged libraries in use whose file was replaced (an update waits for a restart)",
		NULL },
	[PROCESS_TRACED] = { "traced", FIELD_FLAG, STD, "another process controls it by ptrace(2)",
		NULL },
	[PROCESS_TRACERS] = { "tracers", FIELD_LIST, STD, "executables of those who do", NULL },
	[PROCESS_LD_ENVIRONMENT] = { "ld_environment", FIELD_LIST, STD,
		"variables that change what code it loads: LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH, "
		"…",
		NULL },
	[PROCESS_MASQUERADE] = { "masquerade", FIELD_FLAG, STD,
		"calls itself what a kernel thread is called, and is none", NULL },
	[PROCESS_LABEL] = { "label", FIELD_LIST, STD, "security label (AppArmor, SELinux, Smack)",
		NULL },
	[PROCESS_REAL_USERS] = { "real_users", FIELD_LIST, 0,
		"who started it, where that is not the effective user (set-uid)", NULL },
	[PROCESS_PIDS] = { "pids", FIELD_LIST, NOW, "process numbers", NULL },
	[PROCESS_COUNT] = { "count", FIELD_NUMBER, NOW, "how many processes", NULL },
	[PROCESS_STARTED] = { "started", FIELD_TIME, NOW, "start of the oldest one", NULL },
	[PROCESS_COMMANDS] = { "commands", FIELD_LIST, NOW,
		"command lines, what looks secret masked", NULL },
	[PROCESS_PARENTS] = { "parents", FIELD_LIST, NOW, "executables of their parents", NULL },
	[PROCESS_CWD] = { "cwd", FIELD_LIST, NOW, "working folders", NULL },
	[PROCESS_COPY_OF] = { "copy_of", FIELD_TEXT, STD,
		"file of a package whose bytes these are, byte for byte: of what runs from memory "
		"alone "
		"or stands where no package put it",
		NULL },
	[PROCESS_IMAGE] = { "image", FIELD_FLAG, 0,
		"its file stands in an image that nobody can write to (squashfs, erofs)", NULL },
	[PROCESS_UNPACKAGED_SCRIPTS] = { "unpackaged_scripts", FIELD_LIST, STD,
		"those of its scripts that no package owns, but for those in /home", NULL },
	[PROCESS_INTEGRITY] = { "integrity", FIELD_LIST, STD,
		"Windows: integrity level: untrusted, low, medium, high, system, protected", NULL },
	[PROCESS_SERVICES] = { "services", FIELD_LIST, NOW, "Windows: services it hosts", NULL },
	[PROCESS_SESSIONS] = { "sessions", FIELD_LIST, NOW,
		"Windows: sessions it runs in; services are in 0", NULL },
};
_Static_assert(ARRAY_LEN(fields) == PROCESS_N, "every process_field needs a row");

const struct kind kind_process = {
	.name = "process",
	.text = "a program that runs: executable, user, unit or container; never a pid",
	.id = 3,
	.fields = fields,
	.n_fields = PROCESS_N,
};
