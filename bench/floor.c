#include "bench/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NAMES_BYTES ((size_t)128 << 10)

static const char usage[] =
	"usage: floor [options] FOLDER\n"
	"  -t N     threads (the number of processors)\n"
	"  -m       metadata only: list folders and statx everything by name\n"
	"  -x, -X   list extended attributes, or not (yes; no with -m)\n"
	"  -g, -G   ask for the chattr flags of what is opened, or not (yes; no with -m)\n"
	"  -i       inode order within a folder\n"
	"  -w N     open N files ahead and ask the disk for them (0)\n"
	"  -u       uncached reads of files larger than one buffer\n"
	"  -b KIB   read buffer (128)\n"
	"  -W FILE  write the records\n"
	"Prints one line: name=value pairs.\n";

NORETURN void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static NORETURN void wrong(void)
{
	fputs(usage, stderr);
	exit(2);
}

void floor_flush(struct floor_thread *t)
{
	size_t n = t->n_records * sizeof *t->records;

	/* One write a batch, so that the records of several threads do not mix. */
	if (n && t->o->out >= 0 && write(t->o->out, t->records, n) != (ssize_t)n)
		die("cannot write records");
	t->n_records = 0;
}

void floor_keep(struct floor_thread *t, const struct floor_record *r)
{
	t->records[t->n_records++] = *r;
	if (t->n_records == FLOOR_RECORDS)
		floor_flush(t);
}

static unsigned number(const char *text, unsigned min, unsigned max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n < min || n > max)
		wrong();
	return (unsigned)n;
}

static struct floor_options options(int argc, char **argv)
{
	struct floor_options o = { .content = true, .buffer = 128 << 10, .out = -1 };
	int xattrs = -1, flags = -1, c;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	o.threads = cores > 0 ? (unsigned)cores : 1;
	while ((c = getopt(argc, argv, "t:mxXgGiw:ub:W:")) != -1) {
		if (c == 't')
			o.threads = number(optarg, 1, FLOOR_THREADS_MAX);
		else if (c == 'm')
			o.content = false;
		else if (c == 'x' || c == 'X')
			xattrs = c == 'x';
		else if (c == 'g' || c == 'G')
			flags = c == 'g';
		else if (c == 'i')
			o.inode_order = true;
		else if (c == 'w')
			o.window = number(optarg, 0, FLOOR_WINDOW_MAX);
		else if (c == 'u')
			o.uncached = true;
		else if (c == 'b')
			o.buffer = (size_t)number(optarg, 4, 16 << 10) << 10;
		else if (c != 'W')
			wrong();
		else if ((o.out = open(optarg, O_CREAT | O_WRONLY | O_TRUNC | O_APPEND, 0600)) < 0)
			die("cannot make the file of records");
	}
	o.xattrs = xattrs < 0 ? o.content : xattrs;
	o.flags = flags < 0 ? o.content : flags;
	return o;
}

static void *get(size_t n)
{
	void *p = NULL;

	if (posix_memalign(&p, 4096, n))
		die("cannot get memory");
	return p;
}

static void thread_init(struct floor_thread *t, const struct floor_options *o)
{
	t->o = o;
	t->names = get(NAMES_BYTES);
	t->records = get(FLOOR_RECORDS * sizeof *t->records);
	sha256_set_init(&t->sha);
	for (unsigned i = 0; o->content && i < SHA256_LANES; i++)
		t->job[i].buffer = get(o->buffer);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void report(const struct floor_thread *t, const struct floor_options *o, double wall)
{
	struct floor_count c = { 0 };
	struct rusage u;

	for (unsigned i = 0; i < o->threads; i++) {
		c.entries += t[i].count.entries;
		c.files += t[i].count.files;
		c.bytes += t[i].count.bytes;
		c.errors += t[i].count.errors;
	}
	getrusage(RUSAGE_SELF, &u);
	printf("wall=%.4f user=%.3f sys=%.3f rss_mib=%.1f entries=%llu files=%llu bytes=%llu "
	       "errors=%llu threads=%u sha256=\"%s\"\n",
		wall, seconds(u.ru_utime), seconds(u.ru_stime), (double)u.ru_maxrss / 1024,
		(unsigned long long)c.entries, (unsigned long long)c.files,
		(unsigned long long)c.bytes, (unsigned long long)c.errors, o->threads,
		sha256_means());
}

int main(int argc, char **argv)
{
	struct floor_options o = options(argc, argv);
	struct rlimit files = { 1 << 20, 1 << 20 };
	double start = now();
	struct floor_thread *t;
	int folder;

	if (optind != argc - 1)
		wrong();
	(void)setrlimit(RLIMIT_NOFILE, &files);
	folder = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		die("cannot open the folder");
	t = calloc(o.threads, sizeof *t);
	if (!t)
		die("cannot get memory");
	for (unsigned i = 0; i < o.threads; i++)
		thread_init(&t[i], &o);
	floor_walk(t, o.threads, folder);
	report(t, &o, now() - start);
	return 0;
}
