#include "entity/service.h"

#include "core/attr.h"

static const char *const managers[] = { "systemd", "systemd-user", "sysv", "openrc", "scm", NULL };
_Static_assert(ARRAY_LEN(managers) == SERVICE_MANAGER_N + 1, "every service_manager needs a name");

static const char *const states[] = { "running", "waiting", "stopped", "failed", "restarting",
	"on-demand", "done", NULL };
_Static_assert(ARRAY_LEN(states) == SERVICE_STATE_N + 1, "every service_state needs a name");

/* As enum unit_enabled of host/units.h, then what other managers add. */
static const char *const enabled[] = { "enabled", "enabled-runtime", "linked", "linked-runtime",
	"masked", "masked-runtime", "static", "indirect", "disabled", "generated", "transient",
	"boot", "system", "automatic", "automatic-delayed", "manual", NULL };
_Static_assert(ARRAY_LEN(enabled) == SERVICE_ENABLED_N + 1, "every service_enabled needs a name");

#define STANDARD FIELD_STANDARD
#define NOISE (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[SERVICE_MANAGER] = { "manager", FIELD_CHOICE, STANDARD | FIELD_SPEAKS,
		"who starts it: systemd, systemd-user (a user's own manager), sysv, openrc or scm "
		"(Windows)",
		managers },
	[SERVICE_DESCRIPTION] = { "description", FIELD_TEXT, 0, "what it calls itself", NULL },
	[SERVICE_STATE] = { "state", FIELD_CHOICE, STANDARD | FIELD_SPEAKS,
		"running, done (it ran at boot, and its work is to stay), waiting (a socket, timer "
		"or "
		"path that is set), stopped, failed, restarting (it failed and is about to be "
		"started again) or on-demand (comes and goes by itself: most oneshots, and what a "
		"timer, a path or a message starts)",
		states },
	[SERVICE_ENABLED] = { "enabled", FIELD_CHOICE, STANDARD | FIELD_SPEAKS,
		"whether it starts by itself, as systemctl is-enabled says; Windows: boot, system, "
		"automatic, automatic-delayed, manual or disabled",
		enabled },
	[SERVICE_WANTED_BY] = { "wanted_by", FIELD_LIST, STANDARD,
		"units whose .wants or .upholds folder has a link to it", NULL },
	[SERVICE_REQUIRED_BY] = { "required_by", FIELD_LIST, STANDARD,
		"units whose .requires folder has a link to it", NULL },
	[SERVICE_ALIASES] = { "aliases", FIELD_LIST, STANDARD, "other names that lead to it",
		NULL },
	[SERVICE_TRIGGERED_BY] = { "triggered_by", FIELD_LIST, STANDARD,
		"timers, sockets, paths and automounts that start it; Windows: triggers", NULL },
	[SERVICE_FRAGMENT] = { "fragment", FIELD_TEXT, STANDARD,
		"path of its unit file or init script", NULL },
	[SERVICE_SHA256] = { "sha256", FIELD_DIGEST, STANDARD,
		"SHA-256 of that file; Windows: of its program or driver", NULL },
	[SERVICE_PACKAGE] = { "package", FIELD_TEXT, 0, "package that owns that file", NULL },
	[SERVICE_DROP_INS] = { "drop_ins", FIELD_LIST, STANDARD,
		"paths of its drop-ins, in the order they are read", NULL },
	[SERVICE_DROP_INS_SHA256] = { "drop_ins_sha256", FIELD_DIGEST, STANDARD,
		"SHA-256 of the SHA-256 of each drop-in, in that order", NULL },
	[SERVICE_TYPE] = { "type", FIELD_TEXT, STANDARD,
		"how it tells that it is up: simple, exec, forking, oneshot, dbus, notify, idle; "
		"Windows: own-process, share-process, kernel-driver, …",
		NULL },
	[SERVICE_EXEC_START] = { "exec_start", FIELD_LIST, STANDARD,
		"what is run, as written: ExecStart= of all files together", NULL },
	[SERVICE_EXEC_EXTRA] = { "exec_extra", FIELD_LIST, STANDARD,
		"what else is run: ExecStartPre=, ExecStartPost=, ExecReload=, ExecStop= …, each "
		"with its name",
		NULL },
	[SERVICE_USER] = { "user", FIELD_TEXT, STANDARD, "who it runs as; absent: root", NULL },
	[SERVICE_GROUP] = { "group", FIELD_TEXT, STANDARD,
		"group it runs as; absent: that of the user", NULL },
	[SERVICE_WORKING_DIRECTORY] = { "working_directory", FIELD_TEXT, STANDARD,
		"where it runs; absent: /", NULL },
	[SERVICE_ROOT_DIRECTORY] = { "root_directory", FIELD_TEXT, STANDARD,
		"folder or image that is / to it", NULL },
	[SERVICE_ENVIRONMENT] = { "environment", FIELD_LIST, STANDARD,
		"variables it is given; values of those named like a secret are ***", NULL },
	[SERVICE_ENVIRONMENT_FILES] = { "environment_files", FIELD_LIST, STANDARD,
		"files that give it more of them", NULL },
	[SERVICE_LD_ENVIRONMENT] = { "ld_environment", FIELD_LIST, STANDARD,
		"variables, from those files too, that make its program load other code: LD_*, "
		"GCONV_PATH, GLIBC_TUNABLES",
		NULL },
	[SERVICE_RESTART] = { "restart", FIELD_TEXT, STANDARD,
		"when it is started again: on-failure, always, …; absent: never", NULL },
	[SERVICE_SANDBOX] = { "sandbox", FIELD_LIST, STANDARD,
		"settings that take or give rights: capabilities, system calls, what of the file "
		"system and the kernel it sees; Windows: SidType, Privilege, LaunchProtected",
		NULL },
	[SERVICE_ON_FAILURE] = { "on_failure", FIELD_LIST, STANDARD,
		"units that are started when it fails or ends", NULL },
	[SERVICE_BUS_NAME] = { "bus_name", FIELD_TEXT, STANDARD, "D-Bus name it takes", NULL },
	[SERVICE_LISTEN] = { "listen", FIELD_LIST, STANDARD, "a socket: what it listens on", NULL },
	[SERVICE_SCHEDULE] = { "schedule", FIELD_LIST, STANDARD, "a timer: when it goes off",
		NULL },
	[SERVICE_WATCHES] = { "watches", FIELD_LIST, STANDARD, "a path unit: what it watches",
		NULL },
	[SERVICE_STARTS] = { "starts", FIELD_TEXT, STANDARD,
		"a timer, socket or path: the unit it starts", NULL },
	[SERVICE_RUNLEVELS] = { "runlevels", FIELD_LIST, STANDARD,
		"SysV and OpenRC: the runlevels in which it is started", NULL },
	[SERVICE_RESULT] = { "result", FIELD_TEXT, STANDARD,
		"how the last run ended, when not well: exit-code, signal, core-dump, watchdog, "
		"timeout, oom-kill, start-limit-hit, …",
		NULL },
	[SERVICE_EXIT] = { "exit", FIELD_TEXT, STANDARD,
		"how its main process ended, when not well: \"exit code 3\", \"signal 11 (SEGV), "
		"core dumped\"",
		NULL },
	[SERVICE_FAILURES] = { "failures", FIELD_NUMBER, STANDARD | FIELD_LOCAL,
		"how often it died and was started again by systemd since somebody last "
		"started it; rounded down to 10, 20, 50, 100 … from 10 on",
		NULL },
	[SERVICE_LAST_FAILURE] = { "last_failure", FIELD_TEXT, STANDARD | FIELD_LOCAL,
		"how it died the last time, although it runs again", NULL },
	[SERVICE_RELOAD_NEEDED] = { "reload_needed", FIELD_FLAG, FIELD_LOCAL,
		"its files are no longer those that systemd runs it by", NULL },
	[SERVICE_LOAD] = { "load", FIELD_TEXT, NOISE, "load state of systemd", NULL },
	[SERVICE_ACTIVE] = { "active", FIELD_TEXT, NOISE, "active state of systemd", NULL },
	[SERVICE_SUB] = { "sub", FIELD_TEXT, NOISE, "sub state of systemd", NULL },
	[SERVICE_MAIN_PID] = { "main_pid", FIELD_NUMBER, NOISE, "its main process", NULL },
	[SERVICE_RESTARTS] = { "restarts", FIELD_NUMBER, NOISE,
		"how often systemd started it again by itself", NULL },
	[SERVICE_STARTED] = { "started", FIELD_TIME, NOISE, "when its main process started", NULL },
	[SERVICE_EXITED] = { "exited", FIELD_TIME, NOISE, "when its main process ended", NULL },
	[SERVICE_LAST_RUN] = { "last_run", FIELD_TIME, NOISE, "a timer: when it went off last",
		NULL },
	[SERVICE_NEXT_RUN] = { "next_run", FIELD_TIME, NOISE, "a timer: when it goes off next",
		NULL },
	[SERVICE_JOURNAL] = { "journal", FIELD_LIST, NOISE | FIELD_EVIDENCE,
		"its last lines in the journal or event log, when it failed", NULL },
	[SERVICE_SOURCE_PATH] = { "source_path", FIELD_TEXT, STANDARD,
		"what it was generated from: /etc/fstab, an init script", NULL },
	[SERVICE_PRESET] = { "preset", FIELD_TEXT, 0,
		"of what can be enabled: whether the vendor's or administrator's presets want it "
		"enabled, disabled or ignored",
		NULL },
	[SERVICE_DISPLAY_NAME] = { "display_name", FIELD_TEXT, STANDARD,
		"Windows: its name for people", NULL },
	[SERVICE_STATUS_WORD] = { "status", FIELD_TEXT, 0,
		"Windows: running, stopped, paused, …, also of what comes and goes by itself; "
		"only for rules that ask for it",
		NULL },
	[SERVICE_PROGRAM] = { "program", FIELD_TEXT, STANDARD,
		"Windows: the file that is run or loaded, as it is found", NULL },
	[SERVICE_UNQUOTED] = { "unquoted", FIELD_FLAG, STANDARD,
		"Windows: its path holds blanks and stands without quotes, so that another "
		"program in its way would be run instead",
		NULL },
	[SERVICE_DLL] = { "service_dll", FIELD_TEXT, STANDARD,
		"Windows: the library that a shared host process loads for it", NULL },
	[SERVICE_DLL_SHA256] = { "service_dll_sha256", FIELD_DIGEST, STANDARD,
		"SHA-256 of that library", NULL },
	[SERVICE_DEPENDS] = { "depends", FIELD_LIST, STANDARD,
		"Windows: services, and +groups of services, that are started before it", NULL },
	[SERVICE_FAILURE_ACTIONS_LIST] = { "failure_actions", FIELD_LIST, STANDARD,
		"Windows: what is done at its first, second, … failure, and when the count begins "
		"anew",
		NULL },
	[SERVICE_SETTINGS] = { "settings", FIELD_LIST, STANDARD,
		"Windows: other settings, each with its name: ErrorControl, Group, Tag, "
		"PreshutdownTimeout, ServiceMain",
		NULL },
	[SERVICE_DACL] = { "dacl", FIELD_TEXT, STANDARD,
		"Windows: who may do what with it: type;flags;mask;SID of each entry", NULL },
	[SERVICE_COPIES] = { "copies", FIELD_NUMBER, NOISE,
		"Windows: copies that logged-on users have of it now", NULL },
};
_Static_assert(ARRAY_LEN(fields) == SERVICE_N, "every service_field needs a row");

const struct kind kind_service = {
	.name = "service",
	.text = "systemd units, SysV and OpenRC services, services and drivers of Windows",
	.id = 4,
	.fields = fields,
	.n_fields = SERVICE_N,
};
