/* sudoers(5) and doas.conf(5), read as sudo and doas read them. Pure: no input or output. */
#ifndef SENSOR_SUDO_RULE_SUDOERS_H
#define SENSOR_SUDO_RULE_SUDOERS_H

#include "core/arena.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

#define SUDO_WORDS_MAX 4096 /* in one list, aliases resolved */

/* A list that grows in an arena. */
struct words {
	struct arena *a;
	struct span *item;
	size_t n, cap;
	bool full; /* more than SUDO_WORDS_MAX */
};
void words_add(struct words *w, struct span x);

/* ---- lines ---- */

struct sudo_lines {
	struct span rest;
	size_t number; /* of the first physical line of the one returned last */
	size_t next;
};
/* The next line that says something: comments off, continued lines joined, each run of blanks one
 * blank, none around '=' and in front of ','. Escapes and quotes stay. */
bool sudo_lines_next(struct sudo_lines *l, struct buf *ret);

enum sudo_line {
	SUDO_LINE_SPEC,
	SUDO_LINE_DEFAULTS,
	SUDO_LINE_ALIAS,
	SUDO_LINE_INCLUDE,
	SUDO_LINE_INCLUDEDIR,
};
/* Of include lines *ret is the path, without quotes and escapes; in a. */
enum sudo_line sudo_line_of(struct arena *a, struct span line, struct span *ret);
/* Files of an included folder that sudo passes over: "x~", "x.y". */
bool sudo_file_skipped(struct span name);

/* ---- aliases ---- */

enum sudo_alias_type { ALIAS_USER, ALIAS_RUNAS, ALIAS_HOST, ALIAS_COMMAND, ALIAS_N };
struct sudo_alias {
	enum sudo_alias_type type;
	struct span name;
	struct span *item;
	size_t n;
};
struct sudo_aliases {
	struct sudo_alias *list;
	size_t n, cap;
};
/* The definitions of one line; all are added before the first is looked for. */
int sudo_alias_from_line(struct arena *a, struct span line, struct sudo_aliases *ret,
	struct err *e) MUST_CHECK;
void sudo_aliases_sort(struct sudo_aliases *x);
/* Add what an item means: the members of an alias, with its '!', or itself. */
void sudo_alias_expand(const struct sudo_aliases *x, enum sudo_alias_type type, struct span item,
	struct words *ret);

/* ---- rules ---- */

struct sudo_spec {
	struct words who, hosts, as_users, as_groups, commands, tags, digests;
	bool as_default; /* some command names nobody to run it as: then root */
};
/* "who hosts = (as) TAG: commands : hosts = …"; items are resolved by aliases. */
int sudo_spec_from_line(struct arena *a, struct span line, const struct sudo_aliases *aliases,
	struct sudo_spec *ret, struct err *e) MUST_CHECK;

/* Defaults: one setting after the other. */
struct sudo_setting {
	struct span scope; /* "", ":alice", "@host", … */
	struct span name;
	struct span value; /* "on", "off", "=x", "+=x", "-=x" */
};
struct sudo_settings {
	struct span scope, rest;
};
int sudo_defaults_from_line(struct span line, struct sudo_settings *ret, struct err *e) MUST_CHECK;
/* 1: *ret; 0: no more. */
int sudo_settings_next(struct sudo_settings *s, struct arena *a, struct sudo_setting *ret,
	struct err *e) MUST_CHECK;

struct doas_rule {
	bool permit, nopass, any_command;
	struct words options; /* as written, setenv with its braces */
	struct span who, as;  /* as: empty for root */
	struct span command;  /* with "args …" as written; empty: any */
};
int doas_rule_from_line(struct arena *a, struct span line, struct doas_rule *ret,
	struct err *e) MUST_CHECK;

#endif
