/* A file system that misbehaves on demand, on a raw /dev/fuse.
 *
 *     fuse_server MOUNT-POINT MODE-FILE
 *
 * Serves: a, bad, dir/inner, dir/other, z. What is wrong is the word in MODE-FILE, read again at
 * each request, so that it can be changed at any time. A request that is let hang is answered (EIO)
 * when the mode changes. Ends when the file system is unmounted. Prints "ready". */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROOT 1
#define BAD 3
#define DIRECTORY 4
#define HUNG_MAX 256
#define TEXT "hello, world\n"

static const struct entry {
	const char *name;
	uint64_t node, parent;
	uint32_t mode;
} entries[] = {
	{ "", ROOT, 0, S_IFDIR | 0755 },
	{ "a", 2, ROOT, S_IFREG | 0644 },
	{ "bad", BAD, ROOT, S_IFREG | 0644 },
	{ "dir", DIRECTORY, ROOT, S_IFDIR | 0755 },
	{ "inner", 5, DIRECTORY, S_IFREG | 0644 },
	{ "other", 6, DIRECTORY, S_IFREG | 0644 },
	{ "z", 7, ROOT, S_IFREG | 0644 },
};
#define ENTRIES (sizeof entries / sizeof *entries)

/* Requests of this kind about this node hang, or fail. A node of 0: any. */
static const struct mode {
	const char *name;
	uint32_t opcode;
	uint64_t node;
	int sys; /* 0: never answered */
} modes[] = {
	{ "hangstat", FUSE_LOOKUP, BAD, 0 },
	{ "hangstat", FUSE_GETATTR, BAD, 0 },
	{ "hangroot", FUSE_GETATTR, ROOT, 0 },
	{ "hangopen", FUSE_OPEN, BAD, 0 },
	{ "hangread", FUSE_READ, BAD, 0 },
	{ "hangnew", FUSE_READ, BAD, 0 },
	{ "hanglist", FUSE_READDIR, DIRECTORY, 0 },
	{ "hangopendir", FUSE_OPENDIR, DIRECTORY, 0 },
	{ "hangxattr", FUSE_LISTXATTR, BAD, 0 },
	{ "hangall", FUSE_LOOKUP, 0, 0 },
	{ "hangall", FUSE_GETATTR, 0, 0 },
	{ "eio", FUSE_READ, BAD, EIO },
	{ "eiolist", FUSE_READDIR, DIRECTORY, EIO },
	{ "eioall", FUSE_LOOKUP, 0, EIO },
	{ "eioall", FUSE_GETATTR, 0, EIO },
	{ "eioall", FUSE_OPENDIR, 0, EIO },
	{ "eioall", FUSE_READDIR, 0, EIO },
	{ "eioall", FUSE_READ, 0, EIO },
	{ "eioall", FUSE_OPEN, 0, EIO },
};

static int mode_fd, fuse;
static char mode[32], before[32];
static uint64_t hung[HUNG_MAX];
static unsigned n_hung;

static void answer(uint64_t unique, int sys, const void *p, size_t n)
{
	struct fuse_out_header head = { (uint32_t)(sizeof head + n), -sys, unique };
	struct iovec v[2] = { { &head, sizeof head }, { (void *)(uintptr_t)p, n } };

	/* ENOENT: the one who asked has given up */
	if (writev(fuse, v, n ? 2 : 1) < 0 && errno != ENOENT)
		perror("fuse_server: write");
}

static void read_mode(void)
{
	ssize_t n = pread(mode_fd, mode, sizeof mode - 1, 0);

	mode[n > 0 ? n : 0] = '\0';
	mode[strcspn(mode, "\n")] = '\0';
	if (strcmp(mode, before) == 0)
		return;
	while (n_hung)
		answer(hung[--n_hung], EIO, NULL, 0);
	memcpy(before, mode, sizeof before);
}

static int is(const char *name)
{
	return strcmp(mode, name) == 0;
}

static const struct entry *by_node(uint64_t node)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].node == node)
			return &entries[i];
	return &entries[0];
}

static const struct entry *by_name(uint64_t parent, const char *name)
{
	for (size_t i = 1; i < ENTRIES; i++)
		if (entries[i].parent == parent && strcmp(entries[i].name, name) == 0)
			return &entries[i];
	return NULL;
}

static struct fuse_attr attributes(const struct entry *e)
{
	struct fuse_attr a = { .ino = e->node, .mode = e->mode, .nlink = 1, .blksize = 4096 };

	a.mtime = a.ctime = a.atime = 1700000000;
	if (S_ISREG(e->mode))
		a.size = strlen(TEXT);
	if (e->node == BAD && is("endless"))
		a.size = INT64_MAX;
	if (is("hangnew")) /* so that all of it is read again */
		a.mtime++;
	if (e->node == BAD && is("bottomless"))
		a.size = 0;
	if (e->node == BAD && is("lie"))
		a.size = 100000;
	return a;
}

static int wrong(const struct fuse_in_header *in, const char *body)
{
	uint64_t node = in->nodeid;

	if (in->opcode == FUSE_LOOKUP) {
		const struct entry *e = by_name(node, body);

		node = e ? e->node : 0;
	}
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		const struct mode *m = &modes[i];

		if (!is(m->name) || m->opcode != in->opcode || (m->node && m->node != node))
			continue;
		if (m->sys)
			answer(in->unique, m->sys, NULL, 0);
		else if (n_hung < HUNG_MAX)
			hung[n_hung++] = in->unique;
		return 1;
	}
	return 0;
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
	const struct entry *e = by_name(in->nodeid, name);
	struct fuse_entry_out out = { 0 };

	if (!e) {
		answer(in->unique, ENOENT, NULL, 0);
		return;
	}
	out.nodeid = e->node;
	out.attr = attributes(e);
	answer(in->unique, 0, &out, sizeof out);
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	static char page[1 << 17];
	size_t size = strlen(TEXT), n = r->size < sizeof page ? r->size : sizeof page;

	if (in->nodeid == BAD && (is("endless") || is("bottomless"))) {
		answer(in->unique, 0, page, n);
		return;
	}
	if (r->offset >= size)
		n = 0;
	else if (n > size - r->offset)
		n = size - r->offset;
	answer(in->unique, 0, &TEXT[n ? r->offset : 0], n);
}

static size_t add_name(char *at, size_t room, uint64_t node, uint64_t offset, const char *name,
	uint32_t type)
{
	struct fuse_dirent d = { node, offset, (uint32_t)strlen(name), type };
	size_t n = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + d.namelen);

	if (n > room)
		return 0;
	memset(at, 0, n);
	memcpy(at, &d, FUSE_NAME_OFFSET);
	memcpy(at + FUSE_NAME_OFFSET, name, d.namelen);
	return n;
}

static void list(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	static char bytes[1 << 16];
	size_t room = r->size < sizeof bytes ? r->size : sizeof bytes, n = 0;
	int endless = in->nodeid == DIRECTORY && is("endlesslist");

	for (uint64_t i = r->offset; endless || i < 2 * ENTRIES; i++) {
		const struct entry *e = &entries[endless ? 1 : i % ENTRIES];
		char name[32];
		size_t took;

		if (!endless && (e->parent != in->nodeid || (i >= ENTRIES && !is("twins"))))
			continue;
		snprintf(name, sizeof name, "%llu", (unsigned long long)i);
		took = add_name(bytes + n, room - n, endless ? 100 + i : e->node, i + 1,
			endless ? name : e->name, e->mode >> 12);
		if (!took)
			break;
		n += took;
	}
	answer(in->unique, 0, bytes, n);
}

static void serve(const struct fuse_in_header *in, const char *body)
{
	struct fuse_attr_out attr = { .attr = attributes(by_node(in->nodeid)) };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = 1 << 17,
		.max_write = 1 << 17 };
	struct fuse_statfs_out space = { .st = { .bsize = 4096, .namelen = 255 } };

	switch (in->opcode) {
	case FUSE_INIT:
		answer(in->unique, 0, &init, sizeof init);
		return;
	case FUSE_LOOKUP:
		lookup(in, body);
		return;
	case FUSE_GETATTR:
		answer(in->unique, 0, &attr, sizeof attr);
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in->unique, 0, &opened, sizeof opened);
		return;
	case FUSE_READ:
		read_file(in, (const void *)body);
		return;
	case FUSE_READDIR:
		list(in, (const void *)body);
		return;
	case FUSE_STATFS:
		answer(in->unique, 0, &space, sizeof space);
		return;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		answer(in->unique, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: /* the point of it all: it does not care */
		return;
	case FUSE_LISTXATTR: /* "not supported" would be remembered, and never asked again */
		if (((const struct fuse_getxattr_in *)(const void *)body)->size)
			answer(in->unique, 0, NULL, 0);
		else
			answer(in->unique, 0, &(struct fuse_getxattr_out){ 0 },
				sizeof(struct fuse_getxattr_out));
		return;
	case FUSE_GETXATTR:
		answer(in->unique, ENODATA, NULL, 0);
		return;
	default:
		answer(in->unique, ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static _Alignas(8) char request[1 << 18];
	struct pollfd wait;
	char options[128];

	if (argc != 3)
		return 2;
	mode_fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		fuse);
	if (mode_fd < 0 || fuse < 0 || mount("fuse_server", argv[1], "fuse", 0, options) < 0) {
		perror("fuse_server");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	wait = (struct pollfd){ .fd = fuse, .events = POLLIN };
	for (;;) {
		ssize_t n;

		poll(&wait, 1, 50);
		read_mode();
		n = read(fuse, request, sizeof request - 1);
		if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOENT))
			continue;
		if (n < (ssize_t)sizeof(struct fuse_in_header))
			return 0; /* ENODEV: unmounted */
		request[n] = '\0';
		if (!wrong((const void *)request, request + sizeof(struct fuse_in_header)))
			serve((const void *)request, request + sizeof(struct fuse_in_header));
	}
}
