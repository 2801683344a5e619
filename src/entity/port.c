#include "entity/port.h"

#include "core/attr.h"

const char *const port_state_names[] = { "listening", "bound", "owned", "activatable", NULL };
_Static_assert(ARRAY_LEN(port_state_names) == PORT_STATE_N + 1, "every port_state needs a name");

const char *const port_reach_names[] = { "any", "address", "loopback", NULL };
_Static_assert(ARRAY_LEN(port_reach_names) == PORT_REACH_N + 1, "every port_reach needs a name");

#define STD FIELD_STANDARD
#define SHOWN (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[PORT_STATE] = { "state", FIELD_CHOICE, STD | FIELD_SPEAKS,
		"listening: takes connections; bound: receives, or holds the address; of a bus "
		"name: "
		"owned, or activatable (started when somebody asks)",
		port_state_names },
	[PORT_REACH] = { "reach", FIELD_CHOICE, STD,
		"any: every address of the host; address: one of them; loopback: only this host",
		port_reach_names },
	[PORT_TYPE] = { "type", FIELD_TEXT, STD,
		"of unix and packet sockets: stream, seqpacket, dgram or raw", NULL },
	[PORT_EXE] = { "exe", FIELD_LIST, STD,
		"executables of its owners; what they handed it down to is in served_by", NULL },
	[PORT_SHA256] = { "sha256", FIELD_DIGEST, STD, "SHA-256 of the first executable", NULL },
	[PORT_PACKAGE] = { "package", FIELD_TEXT, 0, "package that owns the first executable",
		NULL },
	[PORT_PACKAGED] = { "packaged", FIELD_FLAG, 0,
		"every executable belongs to a package of this host", NULL },
	[PORT_UNIT] = { "unit", FIELD_LIST, STD,
		"systemd units or services of its owners; none for sessions", NULL },
	[PORT_USER] = { "user", FIELD_LIST, STD, "users its owners run as", NULL },
	[PORT_CONTAINER] = { "container", FIELD_TEXT, FIELD_LOCAL,
		"container of its owner: runtime and id", NULL },
	[PORT_NETNS] = { "netns", FIELD_TEXT, FIELD_LOCAL,
		"network namespace, when it is not the host's", NULL },
	[PORT_DUAL_STACK] = { "dual_stack", FIELD_FLAG, STD,
		"an IPv6 socket that takes IPv4 as well", NULL },
	[PORT_INTERFACE] = { "interface", FIELD_LIST, STD,
		"network interfaces it is restricted to (SO_BINDTODEVICE)", NULL },
	[PORT_EPHEMERAL] = { "ephemeral", FIELD_FLAG, 0,
		"another one after each start: a port out of the range for clients, a name with a "
		"random part or one the kernel chose",
		NULL },
	[PORT_DELETED] = { "deleted", FIELD_FLAG, 0,
		"the file of an owner's executable is gone or replaced", NULL },
	[PORT_MEMFD] = { "memfd", FIELD_FLAG, STD, "an owner's executable never had a file", NULL },
	[PORT_UNOWNED] = { "unowned", FIELD_FLAG, STD,
		"no process has it open: the kernel's own, or its process is hidden", NULL },
	[PORT_MODE] = { "mode", FIELD_MODE, STD, "permission bits of a unix socket's file", NULL },
	[PORT_FILE_OWNER] = { "file_owner", FIELD_TEXT, STD,
		"user and group of a unix socket's file, user:group", NULL },
	[PORT_ACTIVATION] = { "activation", FIELD_TEXT, STD,
		"of an activatable bus name: the unit or command that is started", NULL },
	[PORT_RUNNING] = { "running", FIELD_FLAG, SHOWN,
		"an activatable bus name has an owner at present", NULL },
	[PORT_CREATOR] = { "creator", FIELD_TEXT, 0, "user that made the socket", NULL },
	[PORT_PROCESS] = { "process", FIELD_LIST, SHOWN, "what its owners call themselves", NULL },
	[PORT_SERVED_BY] = { "served_by", FIELD_LIST, SHOWN,
		"other executables among the descendants of its owners that have it open", NULL },
	[PORT_SOCKETS] = { "sockets", FIELD_NUMBER, SHOWN,
		"how many sockets share it (SO_REUSEPORT)", NULL },
	[PORT_BACKLOG] = { "backlog", FIELD_NUMBER, SHOWN,
		"connections that may wait to be accepted", NULL },
	[PORT_PIDS] = { "pids", FIELD_LIST, SHOWN, "processes that have it open, at most 32",
		NULL },
	[PORT_INODE] = { "inode", FIELD_NUMBER, SHOWN, "number of its (first) socket", NULL },
	[PORT_STARTED] = { "started", FIELD_TIME, SHOWN, "when its (first) owner started", NULL },
	[PORT_GENERAL] = { "general", FIELD_FLAG, 0,
		"an executable does what others tell it: an interpreter, netcat, socat, ssh; that "
		"its package is known says nothing of what it does",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == PORT_N, "every port_field needs a row");

const struct kind kind_port = {
	.name = "port",
	.text = "sockets that listen or are bound, and names on the system bus, with their owner",
	.id = 5,
	.fields = fields,
	.n_fields = PORT_N,
};
