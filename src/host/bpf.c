#include "host/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/bpf_code.h"
#include "host/bpf_trace.h"
#include "host/bpf_types.h"
#include "host/state.h"

#define READ_BYTES ((size_t)256 << 10)
#define TIRED 8 /* reads without a word; the kernel gives up after a million objects each */

struct bpf {
	struct err why; /* code not 0: refused for good */
	struct bpf_code code[BPF_ITERATORS];
	uint8_t tag[BPF_ITERATORS][BPF_TAG_SIZE];
	bool tagged;
	struct bpf_types types; /* for bpf_function */
};

void bpf_free(struct bpf *b)
{
	if (!b)
		return;
	bpf_types_done(&b->types);
	free(b);
}

/* The kernel stays the one it is; its types are megabytes. What was refused may be granted now. */
void bpf_renew(struct host *h)
{
	struct bpf *b = h->bpf;

	if (b)
		bpf_types_done(&b->types);
	if (!b || !b->why.code)
		return;
	bpf_free(b);
	h->bpf = NULL;
}

static int call(int what, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, what, a, sizeof *a);
}

static int prepare(struct bpf *b, struct err *e)
{
	AUTO(bpf_types) types = { 0 };

	if (bpf_numbers_mean(e) < 0 || bpf_types_open(&types, e) < 0)
		return e->code;
	return bpf_code(types.btf, b->code, e);
}

/* Once a scan: the description of the types is several megabytes. */
static struct bpf *get(struct host *h)
{
	if (!h->bpf) {
		h->bpf = mem_new(sizeof *h->bpf);
		if (!host_is_live(h))
			(void)err_set(&h->bpf->why, ERR_MISSING, "not the running system");
		else if (h->no_bpf)
			(void)err_set(&h->bpf->why, ERR_DENIED, "the options ask for /proc");
		else if (prepare(h->bpf, &h->bpf->why) == 0)
			h->bpf->why.code = 0;
	}
	return h->bpf;
}

/* ---- an iterator, opened ---- */

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load(const struct bpf_code *c, struct err *e)
{
	union bpf_attr a;
	int fd;

	memset(&a, 0, sizeof a);
	a.prog_type = BPF_PROG_TYPE_TRACING;
	a.expected_attach_type = BPF_TRACE_ITER;
	a.attach_btf_id = c->attach;
	a.insns = address(c->insn);
	a.insn_cnt = c->n;
	a.license = address("Dual BSD/GPL");
	memcpy(a.prog_name, BPF_OWN_NAME, sizeof BPF_OWN_NAME);
	fd = call(BPF_PROG_LOAD, &a);
	return fd < 0 ? err_sys(e, "the kernel does not take our BPF iterator") : fd;
}

/* The link holds the program, the iterator holds the link: both descriptors may go at once. */
static int open_iterator(const struct bpf_code *c, int *ret, struct err *e)
{
	int program = load(c, e), link, fd;
	union bpf_attr a;

	if (program < 0)
		return program;
	memset(&a, 0, sizeof a);
	a.link_create.prog_fd = (uint32_t)program;
	a.link_create.attach_type = BPF_TRACE_ITER;
	link = call(BPF_LINK_CREATE, &a);
	close(program);
	if (link < 0)
		return err_sys(e, "cannot link a BPF iterator");
	memset(&a, 0, sizeof a);
	a.iter_create.link_fd = (uint32_t)link;
	fd = call(BPF_ITER_CREATE, &a);
	close(link);
	if (fd < 0)
		return err_sys(e, "cannot start a BPF iterator");
	*ret = fd;
	return 0;
}

typedef int each_fn(void *ctx, const void *item, struct err *e);

static int read_iterator(int fd, size_t size, each_fn *each, void *ctx, struct err *e)
{
	size_t room = READ_BYTES / size * size, have = 0;
	unsigned tired = 0;
	char *p = mem_new(room);
	int rc = 0;

	while (rc == 0) {
		ssize_t n = read(fd, p + have, room - have);
		size_t at = 0;

		if (n < 0 && (errno == EINTR || (errno == EAGAIN && tired++ < TIRED)))
			continue;
		if (n < 0)
			rc = err_sys(e, "cannot read a BPF iterator");
		if (n <= 0)
			break;
		have += (size_t)n;
		for (; rc == 0 && have - at >= size; at += size)
			rc = each(ctx, p + at, e);
		have -= at;
		memmove(p, p + at, have);
	}
	free(p);
	return rc;
}

static int iterate(struct host *h, enum bpf_iterator which, size_t size, each_fn *each, void *ctx,
	struct err *e)
{
	struct bpf *b = get(h);
	int fd = -1, rc;

	if (b->why.code) {
		*e = b->why;
		return e->code;
	}
	if (open_iterator(&b->code[which], &fd, e) < 0)
		return e->code;
	rc = read_iterator(fd, size, each, ctx, e);
	close(fd);
	return rc;
}

/* ---- the door ---- */

struct tasks {
	int (*each)(void *ctx, const struct bpf_task *t, struct err *e);
	void *ctx;
};

static int one_task(void *ctx, const void *item, struct err *e)
{
	const struct tasks *t = ctx;
	struct bpf_task x;

	memcpy(&x, item, sizeof x);
	x.comm[sizeof x.comm - 1] = '\0';
	return t->each(t->ctx, &x, e);
}

int bpf_tasks(struct host *h, int (*each)(void *ctx, const struct bpf_task *t, struct err *e),
	void *ctx, struct err *e)
{
	struct tasks t = { each, ctx };

	return iterate(h, BPF_ITER_TASKS, sizeof(struct bpf_task), one_task, &t, e);
}

struct sockets {
	int (*each)(void *ctx, const struct bpf_socket *s, struct err *e);
	void *ctx;
};

static int one_socket(void *ctx, const void *item, struct err *e)
{
	const struct sockets *s = ctx;
	struct bpf_socket x;

	memcpy(&x, item, sizeof x);
	return s->each(s->ctx, &x, e);
}

int bpf_sockets(struct host *h, int (*each)(void *ctx, const struct bpf_socket *s, struct err *e),
	void *ctx, struct err *e)
{
	struct sockets s = { each, ctx };

	return iterate(h, BPF_ITER_SOCKETS, sizeof(struct bpf_socket), one_socket, &s, e);
}

/* ---- what others have loaded ---- */

static bool take_tag(const struct bpf_code *c, uint8_t ret[BPF_TAG_SIZE])
{
	struct bpf_prog_info info;
	union bpf_attr a;
	struct err why;
	int fd = load(c, &why), rc;

	if (fd < 0)
		return false;
	memset(&info, 0, sizeof info);
	memset(&a, 0, sizeof a);
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = sizeof info;
	a.info.info = address(&info);
	rc = call(BPF_OBJ_GET_INFO_BY_FD, &a);
	close(fd);
	memcpy(ret, info.tag, BPF_TAG_SIZE);
	return rc == 0;
}

bool bpf_is_own(struct host *h, const uint8_t tag[8])
{
	struct bpf *b = get(h);

	if (b->why.code)
		return false;
	for (unsigned i = 0; !b->tagged && i < BPF_ITERATORS; i++)
		if (!take_tag(&b->code[i], b->tag[i]))
			return false;
	b->tagged = true;
	for (unsigned i = 0; i < BPF_ITERATORS; i++)
		if (memcmp(b->tag[i], tag, BPF_TAG_SIZE) == 0)
			return true;
	return bpf_trace_is_own(tag);
}

/* The types of the kernel itself are object 1; modules have theirs, which are not looked at. */
struct span bpf_function(struct host *h, uint32_t object, uint32_t id, struct arena *a)
{
	struct bpf *b = get(h);
	struct err why;
	const char *name;

	if (object > 1)
		return span_of(arena_format(a, "module %u function %u", object, id));
	if (!b->types.btf && bpf_types_open(&b->types, &why) < 0)
		return span_of("?");
	name = btf_name(b->types.btf, id);
	return arena_copy(a, span_of(*name ? name : "?"));
}
