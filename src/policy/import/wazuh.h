/* Wazuh's <syscheck>. Private to the importer. */
#ifndef POLICY_IMPORT_WAZUH_H
#define POLICY_IMPORT_WAZUH_H

#include "policy/import/import.h"
#include "policy/import/sregex.h"
#include "policy/import/xml.h"

#define WAZUH_ENTRIES_MAX 4096

enum wazuh_check {
	CHECK_SIZE = 1 << 0,
	CHECK_PERM = 1 << 1,
	CHECK_OWNER = 1 << 2,
	CHECK_GROUP = 1 << 3,
	CHECK_MTIME = 1 << 4,
	CHECK_INODE = 1 << 5,
	CHECK_MD5 = 1 << 6,
	CHECK_SHA1 = 1 << 7,
	CHECK_SHA256 = 1 << 8,
	CHECK_ATTRS = 1 << 9,
	CHECK_TYPE = 1 << 10,
	CHECK_ALL = (1 << 11) - 1,
};

/* One path of <directories>, or key of <windows_registry>. */
struct wazuh_entry {
	const struct xml *node;
	struct span text;   /* as it stands in the file */
	struct span base;   /* as it is written here */
	struct span real;   /* with variables as they usually are: what texts are compared with */
	struct span second; /* another base, or SPAN_NONE */
	struct span below;  /* what stands behind the base since wildcards do */
	enum sregex_paths paths;
	unsigned checks;
	unsigned levels; /* below the base; UINT_MAX: all */
};

struct wazuh_ignored {
	const struct xml *node;
	struct span text; /* variables replaced */
	bool sregex;
};

struct wazuh {
	struct import *x;
	struct arena *a;
	struct wazuh_entry *folders, *keys;
	struct wazuh_ignored *ignored, *ignored_keys, *nodiff;
	size_t n_folders, n_keys, n_ignored, n_ignored_keys, n_nodiff;
	size_t sections; /* <syscheck> that were seen */
	bool noted_real_time, noted_all, noted_case, noted_prefix, noted_system32;
};

bool wazuh_yes(const struct xml *node, const char *name);
/* wazuh_path.c: what a path says, in our words. */
void wazuh_path(struct wazuh *w, struct wazuh_entry *entry);
struct span wazuh_real(struct wazuh *w, struct span text, enum sregex_paths *ret_paths);
/* wazuh_rule.c */
void wazuh_add_folder(struct wazuh *w, const struct wazuh_entry *entry);
void wazuh_add_key(struct wazuh *w, const struct wazuh_entry *entry);

#endif
