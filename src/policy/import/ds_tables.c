#include "entity/file.h"
#include "entity/group.h"
#include "entity/package.h"
#include "entity/port.h"
#include "entity/process.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/service.h"
#include "entity/user.h"
#include "entity/wmi.h"
#include "policy/import/deep_security.h"

/* BOTH("x"): the same fields on both platforms. */
#define BOTH(...) \
	{ __VA_ARGS__ }, \
	{ \
		__VA_ARGS__ \
	}
#define NONE BOTH(NULL)

static const char volatile_text[] = "is shown here, and never a change";

static const struct ds_attribute file_attributes[] = {
	{ "STANDARD", BOTH("standard"), NULL },
	{ "CONTENTS", BOTH("sha256"), NULL },
	{ "created", BOTH("btime"), NULL },
	{ "lastModified", BOTH("mtime"), NULL },
	{ "lastAccessed", NONE, "times of access are not kept: looking would change them" },
	{ "permissions", { "mode", "acl", "acl_default" }, { "dacl" }, NULL },
	{ "owner", { "uid" }, { "owner_sid" }, NULL },
	{ "group", { "gid" }, { "group_sid" }, NULL },
	{ "size", BOTH("size"), NULL },
	{ "sha1", BOTH("sha1"), NULL },
	{ "sha256", BOTH("sha256"), NULL },
	{ "md5", BOTH("md5"), NULL },
	{ "flags", { NULL }, { "attributes" }, NULL },
	{ "symLinkPath", { "target" }, { "target", "reparse" }, NULL },
	{ "inodeNumber", BOTH("inode"), NULL },
	{ "deviceNumber", BOTH("device"), NULL },
	{ "blocksAllocated", NONE, "blocks are not counted here; size and digest tell" },
	{ "growing", NONE, NULL }, /* a rule of its own */
	{ "shrinking", BOTH("size"),
		"what shrinks has no counterpart; every change of size is told" },
	{ NULL, NONE, NULL },
};

static const struct ds_attribute key_attributes[] = {
	{ "STANDARD", BOTH("standard", "last_write"), NULL },
	{ "owner", BOTH("owner"), NULL },
	{ "group", BOTH("group"), NULL },
	{ "permissions", BOTH("dacl"), NULL },
	{ "lastModified", BOTH("last_write"), NULL },
	{ "class", BOTH("class"), NULL },
	{ "securityDescriptorSize", BOTH("owner", "group", "dacl"),
		"the parts of the security descriptor are watched instead of its size" },
	{ NULL, NONE, NULL },
};

static const char value_digest[] = "values have SHA-256 only";
static const struct ds_attribute value_attributes[] = {
	{ "STANDARD", BOTH("standard"), NULL },
	{ "CONTENTS", BOTH("sha256"), NULL },
	{ "size", BOTH("size"), NULL },
	{ "type", BOTH("type"), NULL },
	{ "sha1", BOTH("sha256"), value_digest },
	{ "sha256", BOTH("sha256"), NULL },
	{ "md5", BOTH("sha256"), value_digest },
	{ NULL, NONE, NULL },
};

static const struct ds_attribute software_attributes[] = {
	{ "STANDARD", BOTH("standard", "name", "installed"), NULL },
	{ "manufacturer", BOTH("origin"), NULL },
	{ "name", BOTH("name"), NULL },
	{ "installedDate", BOTH("installed"), NULL },
	{ "installLocation", BOTH("location"), NULL },
	{ "parent", BOTH("parent"), NULL },
	{ "size", BOTH("size"), NULL },
	{ "version", BOTH("version"), NULL },
	{ NULL, NONE, NULL },
};

static const char failure_text[] = "is one of failure_actions here, which are compared together";
static const struct ds_attribute service_attributes[] = {
	{ "STANDARD", BOTH("standard", "description", "status"), NULL },
	{ "permissions", BOTH("dacl"), NULL },
	{ "owner", NONE, "the owner of a service's security descriptor is not kept" },
	{ "group", NONE, "the group of a service's security descriptor is not kept" },
	{ "binaryPathName", BOTH("exec_start", "program"), NULL },
	{ "displayName", BOTH("display_name"), NULL },
	{ "description", BOTH("description"), NULL },
	{ "state", BOTH("status"), NULL },
	{ "startType", BOTH("enabled"), NULL },
	{ "logOnAs", BOTH("user"), NULL },
	{ "firstFailure", BOTH("failure_actions"), failure_text },
	{ "secondFailure", BOTH("failure_actions"), failure_text },
	{ "subsequentFailures", BOTH("failure_actions"), failure_text },
	{ "resetFailCountAfter", BOTH("failure_actions"), failure_text },
	{ "rebootMessage", BOTH("failure_actions"), failure_text },
	{ "runProgram", BOTH("failure_actions"), failure_text },
	{ "dependsOn", BOTH("depends"), NULL },
	{ "loadOrderGroup", BOTH("settings"), NULL },
	{ "processId", NONE, volatile_text },
	{ NULL, NONE, NULL },
};

static const struct ds_attribute process_attributes[] = {
	{ "STANDARD", BOTH("standard"), NULL },
	{ "commandLine", NONE, volatile_text },
	{ "group", NONE, "groups of processes are not kept; user is part of the key" },
	{ "parent", NONE, volatile_text },
	{ "path", BOTH("exe"), NULL },
	{ "process", BOTH("exe"), NULL },
	{ "threads", NONE, "threads are not counted here" },
	{ "user", BOTH("user"), NULL },
	{ NULL, NONE, NULL },
};

static const struct ds_attribute port_attributes[] = {
	{ "STANDARD", BOTH("standard"), NULL },
	{ "created", NONE, volatile_text },
	{ "listeners", NONE, volatile_text },
	{ "path", BOTH("exe"), NULL },
	{ "process", BOTH("exe"), NULL },
	{ "processId", NONE, volatile_text },
	{ "user", BOTH("user"), NULL },
	{ NULL, NONE, NULL },
};

static const struct ds_attribute user_attributes[] = {
	{ "STANDARD", BOTH("standard"), NULL },
	{ "user", NONE, NULL }, /* is the key */
	{ "cannotChangePassword", BOTH("cannot_change_password", "password_min_days"), NULL },
	{ "disabled", BOTH("disabled", "expires", "password_inactive_days"), NULL },
	{ "lockedOut", BOTH("locked_out", "locked"), NULL },
	{ "passwordHasExpired", BOTH("must_change"),
		"passwords that grow too old are shown, and no change" },
	{ "passwordNeverExpires", BOTH("password_never_expires", "password_max_days"), NULL },
	{ "fullName", BOTH("gecos"), NULL },
	{ "groups", BOTH("groups"), NULL },
	{ "homeFolder", BOTH("home"), NULL },
	{ "passwordLastChanged", BOTH("password_changed"), NULL },
	{ "description", BOTH("comment"), NULL },
	{ "homeDriveLetter", BOTH("home_drive"), NULL },
	{ "logonScript", BOTH("logon_script"), NULL },
	{ "profilePath", BOTH("profile"), NULL },
	{ "group", BOTH("gid", "group"), NULL },
	{ "logonShell", BOTH("shell"), NULL },
	{ "passwordExpiry", BOTH("password_max_days"), NULL },
	{ "passwordExpiryInDays", BOTH("password_max_days"), NULL },
	{ "passwordMinDaysBetweenChanges", BOTH("password_min_days"), NULL },
	{ "passwordWarningDays", BOTH("password_warn_days"), NULL },
	{ "passwordExpiredDaysBeforeDisabled", BOTH("password_inactive_days"), NULL },
	{ NULL, NONE, NULL },
};

static const struct ds_attribute group_attributes[] = {
	{ "STANDARD", BOTH("standard"), NULL },
	{ "description", BOTH("comment"), NULL },
	{ "group", BOTH("gid"), NULL },
	{ "members", BOTH("members"), NULL },
	{ "subGroups", BOTH("members"), NULL },
	{ NULL, NONE, NULL },
};

/* Of a query the columns are what is compared. */
static const struct ds_attribute no_attributes[] = { { NULL, NONE, NULL } };

static const struct ds_feature no_features[] = { { NULL, DS_GLOB, { NULL } } };
static const struct ds_feature file_features[] = {
	{ "executable", DS_FLAG, { NULL } }, /* ds_pattern.c */
	{ NULL, DS_GLOB, { NULL } },
};
static const struct ds_feature software_features[] = {
	{ "name", DS_GLOB, { "name" } },
	{ "manufacturer", DS_GLOB, { "origin" } },
	{ NULL, DS_GLOB, { NULL } },
};
static const struct ds_feature service_features[] = {
	{ "state", DS_WORD, { "status" } },
	{ "status", DS_WORD, { "status" } },
	{ NULL, DS_GLOB, { NULL } },
};
static const struct ds_feature process_features[] = {
	{ "commandLine", DS_GLOB, { "commands" } },
	{ "path", DS_GLOB, { "exe" } },
	{ "user", DS_GLOB, { "user" } },
	{ "group", DS_GLOB, { NULL } },
	{ NULL, DS_GLOB, { NULL } },
};
static const struct ds_feature port_features[] = {
	{ "path", DS_GLOB, { "exe" } },
	{ "process", DS_GLOB, { "process" } },
	{ "user", DS_GLOB, { "user" } },
	{ NULL, DS_GLOB, { NULL } },
};
static const struct ds_feature user_features[] = {
	{ "disabled", DS_FLAG, { "disabled", "expired" } },
	{ "group", DS_GLOB, { "group", "groups" } },
	{ "lockedOut", DS_FLAG, { "locked_out", "locked" } },
	{ "passwordHasExpired", DS_FLAG, { "password_expired", "must_change" } },
	{ "passwordNeverExpires", DS_FLAG, { "password_never_expires" } },
	{ NULL, DS_GLOB, { NULL } },
};

static size_t plain_keys(struct arena *a, struct span key, bool exclude, struct span ret[4],
	const char **ret_note)
{
	(void)a, (void)exclude, (void)ret_note;
	ret[0] = key;
	return 1;
}

static bool has(struct span s, char c)
{
	return s.n && memchr(s.p, c, s.n);
}

/* "nginx/1234": the name and the number of a process; here programs, by their path, and who runs
 * them.
 */
static size_t process_keys(struct arena *a, struct span key, bool exclude, struct span ret[4],
	const char **ret_note)
{
	const char *slash = span_last(key, '/'), *backslash = span_last(key, '\\');
	const char *cut = slash > backslash ? slash : backslash;
	struct span name = cut ? (struct span){ key.p, (size_t)(cut - key.p) } : key;
	struct span pid = cut ? span_from_offset(key, name.n + 1) : span_of("*");
	bool windows = backslash || (name.n > 4 && xml_same(name.p + name.n - 4, ".exe"));
	size_t n = 0;

	(void)exclude;
	name = arena_copy(a, name);
	windows = windows || (name.n > 4 && xml_same(name.p + name.n - 4, ".exe"));
	if (!span_is(pid, "*"))
		*ret_note = "the number of a process is no lasting name: any is taken";
	if (span_is(name, "*")) {
		ret[n++] = span_of("*");
		return n;
	}
	if (!windows || has(name, '*') || has(name, '?'))
		ret[n++] = span_of(arena_format(a, "*/%s@*", name.p));
	if (windows || has(name, '*') || has(name, '?'))
		ret[n++] = span_of(arena_format(a, "*\\\\%s@*", name.p));
	return n;
}

/* Listeners of other protocols have keys, too, here. */
static size_t port_keys(struct arena *a, struct span key, bool exclude, struct span ret[4],
	const char **ret_note)
{
	(void)ret_note;
	if (exclude || key.n == 0 || key.p[0] != '*') {
		ret[0] = key;
		return 1;
	}
	ret[0] = span_of(arena_format(a, "tcp%s", arena_text(a, key)));
	ret[1] = span_of(arena_format(a, "udp%s", arena_text(a, key)));
	return 2;
}

/* RPM's name, or the key below Uninstall; here the manager stands in front. */
static size_t software_keys(struct arena *a, struct span key, bool exclude, struct span ret[4],
	const char **ret_note)
{
	static const char *const forms[] = { "rpm:%s:*", "dpkg:%s:*", "apk:%s", "uninstall:%s:x*" };

	(void)exclude, (void)ret_note;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(buf) b = BUF_INIT(1 << 20);
		struct span form = span_of(forms[i]), before;

		(void)!span_cut(&form, '%', &before);
		buf_add_span(&b, before);
		buf_add_span(&b, key);
		buf_add_span(&b, span_from_offset(form, 1));
		ret[i] = arena_copy(a, buf_span(&b));
	}
	return ARRAY_LEN(forms);
}

#define FILE_TYPES "types: [regular, symlink, fifo, socket, block, char]"
static const char case_text[] =
	"names of services are compared with their case here, without it there";
static const char process_text[] = "processes are programs here (path, user, unit): a restart is "
				   "no change, a new number neither";
static const char software_text[] =
	"software of dpkg and apk is held, too, which is not seen there";

const struct ds_set ds_sets[] = {
	{ "FileSet", "file", &kind_file, DS_PATH, false, FILE_TYPES, NULL, file_attributes,
		file_features, NULL },
	{ "DirectorySet", "directory", &kind_file, DS_PATH, false, "types: [directory, symlink]",
		NULL, file_attributes, no_features, NULL },
	{ "RegistryKeySet", "registry-key", &kind_registry_key, DS_KEY, true, NULL, NULL,
		key_attributes, no_features, NULL },
	{ "RegistryValueSet", "registry-value", &kind_registry_value, DS_VALUE, true, NULL, NULL,
		value_attributes, no_features, NULL },
	{ "InstalledSoftwareSet", "software", &kind_package, DS_FLAT, false, NULL, software_text,
		software_attributes, software_features, software_keys },
	{ "ServiceSet", "service", &kind_service, DS_FLAT, true, NULL, case_text,
		service_attributes, service_features, plain_keys },
	{ "ProcessSet", "process", &kind_process, DS_FLAT, false, NULL, process_text,
		process_attributes, process_features, process_keys },
	{ "PortSet", "port", &kind_port, DS_FLAT, false, NULL, NULL, port_attributes, port_features,
		port_keys },
	{ "UserSet", "user", &kind_user, DS_FLAT, false, NULL, NULL, user_attributes, user_features,
		plain_keys },
	{ "GroupSet", "group", &kind_group, DS_FLAT, false, NULL, NULL, group_attributes,
		no_features, plain_keys },
	{ "WQLSet", "wmi", &kind_wmi, DS_QUERY, true, NULL, NULL, no_attributes, no_features,
		NULL },
	{ NULL, NULL, NULL, DS_PATH, false, NULL, NULL, NULL, NULL, NULL },
};
