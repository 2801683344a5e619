/* What comes out of the ring, as values. */
#include "host/bpf_trace.h"

#include "host/bpf_trace_code.h"

bool bpf_trace_path(struct span names, char *ret, size_t room, size_t *ret_n)
{
	size_t at = 0, end = names.n;

	while (end > 0) {
		size_t from = --end; /* the NUL */

		while (from > 0 && names.p[from - 1] != '\0')
			from--;
		if (room - at < end - from + 1)
			return false;
		ret[at++] = '/';
		memcpy(ret + at, names.p + from, end - from);
		at += end - from;
		end = from;
	}
	*ret_n = at;
	return at > 0;
}

/* A process that names itself is between its NULs: the kernel always leaves one. */
static bool is_ended(const char *name, size_t n)
{
	return memchr(name, '\0', n) != NULL;
}

bool bpf_trace_record_from(struct span bytes, struct bpf_trace_record *ret)
{
	struct bpf_trace_head head;
	struct span rest;

	if (bytes.n < sizeof head)
		return false;
	memcpy(&head, bytes.p, sizeof head);
	rest = span_from_offset(bytes, sizeof head);
	if (head.type > BPF_TRACE_GROUP || head.path_n > rest.n ||
		head.args_n > rest.n - head.path_n || !is_ended(head.comm, sizeof head.comm))
		return false;
	head.tty[sizeof head.tty - 1] = '\0';
	*ret = (struct bpf_trace_record){ .head = head,
		.path = span_from(rest.p, head.path_n),
		.args = span_from(rest.p + head.path_n, head.args_n) };
	if (ret->path.n && ret->path.p[ret->path.n - 1] != '\0')
		return false;
	return true;
}
