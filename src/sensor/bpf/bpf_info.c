#include "sensor/bpf/bpf_info.h"

#include "core/attr.h"

/* enum bpf_prog_type */
static const char *const types[] = { "unspec", "socket_filter", "kprobe", "sched_cls", "sched_act",
	"tracepoint", "xdp", "perf_event", "cgroup_skb", "cgroup_sock", "lwt_in", "lwt_out",
	"lwt_xmit", "sock_ops", "sk_skb", "cgroup_device", "sk_msg", "raw_tracepoint",
	"cgroup_sock_addr", "lwt_seg6local", "lirc_mode2", "sk_reuseport", "flow_dissector",
	"cgroup_sysctl", "raw_tracepoint_writable", "cgroup_sockopt", "tracing", "struct_ops",
	"ext", "lsm", "sk_lookup", "syscall", "netfilter" };

/* enum bpf_attach_type */
static const char *const hooks[] = { "ingress", "egress", "sock_create", "sock_ops",
	"sk_skb_stream_parser", "sk_skb_stream_verdict", "device", "sk_msg_verdict", "bind4",
	"bind6", "connect4", "connect6", "post_bind4", "post_bind6", "sendmsg4", "sendmsg6",
	"lirc_mode2", "flow_dissector", "sysctl", "recvmsg4", "recvmsg6", "getsockopt",
	"setsockopt", "raw_tp", "fentry", "fexit", "modify_return", "lsm", "iter", "getpeername4",
	"getpeername6", "getsockname4", "getsockname6", "xdp_devmap", "sock_release", "xdp_cpumap",
	"sk_lookup", "xdp", "sk_skb_verdict", "reuseport_select", "reuseport_migrate", "perf_event",
	"kprobe_multi", "lsm_cgroup", "struct_ops", "netfilter", "tcx_ingress", "tcx_egress",
	"uprobe_multi", "connect_unix", "sendmsg_unix", "recvmsg_unix", "getpeername_unix",
	"getsockname_unix", "netkit_primary", "netkit_peer", "kprobe_session", "uprobe_session",
	"fsession" };

/* enum bpf_perf_event_type */
static const char *const perf_types[] = { "perf_event", "uprobe", "uretprobe", "kprobe",
	"kretprobe", "tracepoint", "event" };

const char *bpf_program_type(uint32_t type, struct arena *a)
{
	return type < ARRAY_LEN(types) ? types[type] : arena_format(a, "type-%u", type);
}

const char *bpf_hook_name(uint32_t hook, struct arena *a)
{
	return hook < ARRAY_LEN(hooks) ? hooks[hook] : arena_format(a, "hook-%u", hook);
}

static uint32_t u32(struct span s, size_t at)
{
	uint32_t x = 0;

	if (s.n >= sizeof x && at <= s.n - sizeof x)
		memcpy(&x, s.p + at, sizeof x);
	return x;
}

bool bpf_link_from(struct span info, struct bpf_link *ret)
{
	struct bpf_link l;

	if (info.n < 12)
		return false;
	l = (struct bpf_link){ u32(info, 0), u32(info, 4), u32(info, 8), 0, 0, 0, 0, 0, 0, 0 };
	switch (l.type) {
	case LINK_TRACING:
		l.hook = u32(info, 16);
		l.object = u32(info, 20);
		l.function = u32(info, 24);
		break;
	case LINK_CGROUP:
		if (info.n >= 24)
			memcpy(&l.cgroup, info.p + 16, sizeof l.cgroup);
		l.hook = u32(info, 24);
		break;
	case LINK_NETNS:
	case LINK_TCX:
	case LINK_NETKIT:
		l.interface = u32(info, 16);
		l.hook = u32(info, 20);
		break;
	case LINK_XDP:
		l.interface = u32(info, 16);
		break;
	case LINK_NETFILTER:
		l.hook = u32(info, 20);
		break;
	case LINK_KPROBE_MULTI:
		l.count = u32(info, 24);
		break;
	case LINK_PERF_EVENT:
		l.perf = u32(info, 16);
		break;
	default:
		break;
	}
	*ret = l;
	return true;
}

unsigned bpf_link_name_at(const struct bpf_link *l)
{
	if (l->type == LINK_RAW_TRACEPOINT || l->type == LINK_ITER)
		return LINK_NAME_AT;
	return l->type == LINK_PERF_EVENT && l->perf >= 1 && l->perf <= 5 ? LINK_PERF_NAME_AT : 0;
}

/* place: of a cgroup its path, of an interface its name, of a function its name. */
struct span bpf_link_text(const struct bpf_link *l, struct span name, struct span place,
	struct arena *a)
{
	const char *text;

	switch (l->type) {
	case LINK_RAW_TRACEPOINT:
		text = arena_format(a, "raw_tracepoint:%.*s", SPAN_ARG(name));
		break;
	case LINK_TRACING:
		text = arena_format(a, "%s:%.*s", bpf_hook_name(l->hook, a), SPAN_ARG(place));
		break;
	case LINK_CGROUP:
		text = arena_format(a, "cgroup:%.*s %s", SPAN_ARG(place),
			bpf_hook_name(l->hook, a));
		break;
	case LINK_ITER:
		text = arena_format(a, "iter:%.*s", SPAN_ARG(name));
		break;
	case LINK_NETNS:
		text = arena_format(a, "netns:%s", bpf_hook_name(l->hook, a));
		break;
	case LINK_XDP:
		text = arena_format(a, "xdp:%.*s", SPAN_ARG(place));
		break;
	case LINK_TCX:
	case LINK_NETKIT:
		text = arena_format(a, "%s:%.*s", bpf_hook_name(l->hook, a), SPAN_ARG(place));
		break;
	case LINK_PERF_EVENT:
		text = arena_format(a, "%s:%.*s",
			perf_types[l->perf < ARRAY_LEN(perf_types) ? l->perf : 0], SPAN_ARG(name));
		break;
	case LINK_KPROBE_MULTI:
		text = arena_format(a, "kprobe_multi:%u functions", l->count);
		break;
	case LINK_STRUCT_OPS:
		text = "struct_ops";
		break;
	case LINK_NETFILTER:
		text = arena_format(a, "netfilter:hook %u", l->hook);
		break;
	case LINK_UPROBE_MULTI:
		text = "uprobe_multi";
		break;
	case LINK_SOCKMAP:
		text = "sockmap";
		break;
	default:
		text = arena_format(a, "link-%u", l->type);
	}
	return span_of(text);
}

uint32_t bpf_id_from_fdinfo(struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		uint32_t id = 0;

		if (!span_starts(line, span_of("prog_id:")))
			continue;
		for (size_t i = strlen("prog_id:"); i < line.n; i++)
			if (line.p[i] >= '0' && line.p[i] <= '9')
				id = id * 10 + (uint32_t)(line.p[i] - '0');
		return id;
	}
	return 0;
}
