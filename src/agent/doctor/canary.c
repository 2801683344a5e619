/* The canaries as a whole: a state and a policy of their own, `invar watch` on them, and the acts.
 */
#include "agent/doctor/canary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/time.h"
#include "entity/file.h"
#include "os/clock.h"
#include "os/stop.h"

#define READY_MS 30000
#define SLOW TIME_SECOND

int doctor_act(int (*act)(void *ctx), void *ctx, pid_t *ret_pid)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(act(ctx));
	*ret_pid = pid;
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void doctor_seen(struct seen *s, const char *what, int64_t at, pid_t pid,
	const struct live_record *r)
{
	const char *who = "wrong";

	if (!r || !r->pid)
		who = "unknown";
	else if (r->pid == (uint32_t)pid || r->others) /* one of several is named, and it says so */
		who = "right";

	buf_addf(&s->text, "%s%s ", s->text.n ? ", " : "", what);
	if (!r) {
		buf_add_text(&s->text, "not seen");
		s->all = false;
		return;
	}
	buf_addf(&s->text, "%lld ms", (long long)((r->read - at) / (TIME_SECOND / 1000)));
	if (strcmp(who, "wrong") == 0)
		buf_addf(&s->text, " (by %s, process %u, not %d?)", r->exe ? r->exe : "?",
			(unsigned)r->pid, (int)pid);
	if (r->read - at > s->worst)
		s->worst = r->read - at;
	if (!s->who || strcmp(s->who, "right") == 0 || strcmp(who, "wrong") == 0)
		s->who = who;
}

void doctor_say_seen(struct doctor *d, const char *name, const struct kind *k, const char *scope,
	struct seen *s)
{
	enum doctor_state state = DOCTOR_OK;
	const char *advice = NULL, *by_whom = NULL;
	struct doctor_finding *f;

	if (s->who && strcmp(s->who, "right") != 0) {
		state = DOCTOR_WARN;
		advice = by_whom =
			strcmp(s->who, "wrong") == 0
				? "of what is done at the same moment one may be named for the "
				  "other: run it again when less goes on"
				: "who did it is heard of with fanotify and BPF; without them it "
				  "is known only of what still runs: see above which are missing";
	}
	if (s->worst > SLOW) {
		state = DOCTOR_WARN;
		advice = "slower than a second: it is polled for (invar status says by which "
			 "means), or the "
			 "host is overloaded";
	}
	if (!s->all) {
		state = DOCTOR_FAIL;
		advice = "what is not seen is found only by the next scan: see the kernel's part "
			 "above, "
			 "and invar status for the means in force";
	}
	if (by_whom && by_whom != advice)
		advice = arena_format(d->arena, "%s; %s", advice, by_whom);
	f = doctor_say(d, REAL_TIME, name, state, advice, "%s%s%s%s%s", scope ? scope : "",
		scope ? ": " : "", buf_text(&s->text), s->who ? "; who: " : "",
		s->who ? s->who : "");
	f->kind = k;
	f->scope = scope;
	f->planted = true;
	f->seen = s->all;
	f->latency = s->worst;
	f->who = s->who;
	buf_done(&s->text);
}

/* ---- files ---- */

struct file_acts {
	const char *a, *b;
};

static int put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
	bool bad = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return bad;
}

static int act_create(void *ctx)
{
	return put(((struct file_acts *)ctx)->a, O_CREAT | O_EXCL, "canary\n");
}

static int act_write(void *ctx)
{
	return put(((struct file_acts *)ctx)->a, O_APPEND, "canary\n");
}

static int act_mode(void *ctx)
{
	return chmod(((struct file_acts *)ctx)->a, 0600) < 0;
}

static int act_rename(void *ctx)
{
	const struct file_acts *f = ctx;

	return rename(f->a, f->b) < 0;
}

static int act_delete(void *ctx)
{
	return unlink(((struct file_acts *)ctx)->b) < 0;
}

static void plant_at(struct planting *p, const struct place *place)
{
	static const struct {
		const char *what;
		int (*act)(void *ctx);
		bool second;
		const char *change;
	} acts[] = {
		{ "created", act_create, false, "created" },
		{ "written", act_write, false, "updated" },
		{ "mode", act_mode, false, "updated" },
		{ "renamed", act_rename, true, NULL },
		{ "deleted", act_delete, true, "deleted" },
	};
	struct file_acts f = { arena_format(p->d->arena, "%s/canary-a", place->dir),
		arena_format(p->d->arena, "%s/canary-b", place->dir) };
	struct seen s = { .text = BUF_INIT(4096), .all = true };

	for (size_t i = 0; i < ARRAY_LEN(acts) && s.all && !stop_asked(); i++) {
		size_t from = p->live.n;
		int64_t at = clock_monotonic();
		pid_t pid;

		if (doctor_act(acts[i].act, &f, &pid) != 0) {
			struct doctor_finding *note = doctor_say(p->d, REAL_TIME, "file",
				DOCTOR_NOTE, NULL, "%s: not planted: a file cannot be %s there",
				place->point, acts[i].what);

			note->kind = &kind_file;
			note->scope = place->point;
			buf_done(&s.text);
			(void)unlink(f.a);
			(void)unlink(f.b);
			return;
		}
		doctor_seen(&s, acts[i].what, at, pid,
			live_wait(&p->live, from, "file", acts[i].second ? f.b : f.a,
				acts[i].change, 5000));
	}
	doctor_say_seen(p->d, "file", &kind_file, place->point, &s);
	(void)unlink(f.a);
	(void)unlink(f.b);
}

void doctor_plant_files(struct planting *p)
{
	for (size_t i = 0; i < p->n_places && !stop_asked(); i++)
		plant_at(p, &p->places[i]);
}

/* ---- the state of their own ---- */

static int write_policy(struct planting *p, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	buf_add_text(&text, "version: 1\nrules:\n");
	for (size_t i = 0; i < p->n_places; i++)
		buf_addf(&text,
			"  - { id: file-%zu, kind: file, base: \"%s\", fields: [type, mode, "
			"sha256] }\n",
			i, p->places[i].dir);
	buf_addf(&text,
		"  - { id: process, kind: process, include: [\"*/canary-process@*\"], "
		"fields: [existence] }\n"
		"  - { id: port, kind: port, include: [\"tcp/127.0.0.1/%u\"], "
		"fields: [existence] }\n"
		"  - { id: mount, kind: mount, include: [\"*/.invar-doctor.*\", "
		"\"*/invar-doctor.*\"], fields: [existence] }\n",
		p->port);
	if (p->unit)
		buf_addf(&text,
			"  - { id: service, kind: service, include: [\"%s\"], fields: "
			"[existence] }\n",
			p->unit);
	if (put(p->policy_path, O_CREAT | O_EXCL, buf_text(&text)) != 0)
		return err_sys(e, "cannot write '%s'", p->policy_path);
	return 0;
}

static int make_baseline(struct planting *p, struct err *e)
{
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) policy = NULL;
	AUTO_FREE(store) store = NULL;
	struct scan_options o = { 0 };
	struct check_listener l = { .by = span_of("invar doctor") };
	struct check_summary sum;

	if (write_policy(p, e) < 0)
		return e->code;
	if (policy_load(&policy, p->policy_path, false, &problems, e) < 0)
		return problems.n ? err_prefix(e, "%s: ", problems.list[0].text) : e->code;
	if (store_open(&store, p->state_dir, STORE_CREATE, e) < 0)
		return e->code;
	return pipeline_init(store, policy, &o, false, &l, &sum, e);
}

static int begin(struct planting *p, struct err *e)
{
	char dir[] = "/run/invar-doctor.XXXXXX";

	if (!mkdtemp(dir))
		return err_sys(e, "cannot make a folder in /run");
	p->dir = arena_text(p->d->arena, span_of(dir));
	p->policy_path = arena_format(p->d->arena, "%s/policy.yaml", dir);
	p->state_dir = arena_format(p->d->arena, "%s/state", dir);
	p->port = doctor_free_port();
	p->unit = doctor_unit(p->d);
	doctor_places(p);
	if (make_baseline(p, e) < 0 ||
		live_start(&p->live, p->d->arena, p->policy_path, p->state_dir, e) < 0)
		return e->code;
	if (live_ready(&p->live, READY_MS))
		return 0;
	return err_set(e, ERR_TIMEOUT, "invar watch %s: %s",
		p->live.ended ? "ended" : "did not get ready", buf_text(&p->live.said));
}

void doctor_canaries(struct doctor *d)
{
	struct planting p = { .d = d };
	struct err e = { 0 };

	if (!d->root) {
		doctor_say(d, REAL_TIME, "canaries", DOCTOR_NOTE, NULL,
			"only root may watch a host: nothing was planted");
		return;
	}
	if (begin(&p, &e) < 0) {
		doctor_say(d, REAL_TIME, "canaries", DOCTOR_FAIL,
			"run invar watch by hand: it says more", "%s", e.text);
	} else {
		doctor_plant_files(&p);
		doctor_plant_others(&p);
	}
	live_stop(&p.live);
	if (!p.dir)
		return;
	doctor_read_others(&p);
	doctor_places_remove(&p);
}
