/* What packages say of their files, as records of kind file: what there should be. Not a sensor of
 * what is: `invar check --packages` compares with it. */
#include <sys/stat.h>

#include "entity/file.h"
#include "host/package.h"
#include "sensor/sensor.h"

static enum file_type type_of(uint32_t mode)
{
	return S_ISDIR(mode)    ? FILE_DIRECTORY
	       : S_ISLNK(mode)  ? FILE_SYMLINK
	       : S_ISFIFO(mode) ? FILE_FIFO
	       : S_ISSOCK(mode) ? FILE_SOCKET
	       : S_ISBLK(mode)  ? FILE_BLOCK
	       : S_ISCHR(mode)  ? FILE_CHAR
				: FILE_REGULAR;
}

static void set_type(struct record *r, const struct packaged_file *f)
{
	const unsigned content = PACKAGED_MD5 | PACKAGED_SHA1 | PACKAGED_SHA256;

	if (f->has & PACKAGED_MODE && (f->mode & S_IFMT))
		record_set_number(r, FILE_TYPE, type_of(f->mode));
	else if (f->has & PACKAGED_FOLDER)
		record_set_number(r, FILE_TYPE, FILE_DIRECTORY);
	else if (f->has & PACKAGED_TARGET)
		record_set_number(r, FILE_TYPE, FILE_SYMLINK);
	else if (f->has & content)
		record_set_number(r, FILE_TYPE, FILE_REGULAR);
}

static void set_content(struct record *r, const struct packaged_file *f)
{
	if (f->has & PACKAGED_MD5)
		record_set_bytes(r, FILE_MD5, span_from(f->md5, sizeof f->md5));
	if (f->has & PACKAGED_SHA1)
		record_set_bytes(r, FILE_SHA1, span_from(f->sha1, sizeof f->sha1));
	if (f->has & PACKAGED_SHA256)
		record_set_bytes(r, FILE_SHA256, span_from(f->sha256, sizeof f->sha256));
	if (f->has & PACKAGED_SIZE)
		record_set_number(r, FILE_SIZE, f->size);
	if (f->has & PACKAGED_MTIME)
		record_set_time(r, FILE_MTIME, f->mtime * INT64_C(1000000000));
	if (f->has & PACKAGED_TARGET)
		record_set_bytes(r, FILE_TARGET, f->target);
}

static int emit(void *ctx, const struct packaged_file *f, struct err *e)
{
	struct scan *s = ctx;
	struct record r = { .kind = &kind_file, .key = f->path };

	(void)e;
	if (f->has & PACKAGED_GHOST)
		return 0; /* may be there or not, and be what it likes */
	set_type(&r, f);
	set_content(&r, f);
	if (f->has & PACKAGED_MODE)
		record_set_number(&r, FILE_MODE, f->mode & 07777u);
	if (f->has & PACKAGED_OWNER) {
		record_set_bytes(&r, FILE_OWNER, f->owner);
		record_set_bytes(&r, FILE_GROUP, f->group);
	}
	if (f->has & PACKAGED_CAPS)
		record_set_bytes(&r, FILE_CAPS, f->caps);
	record_set_bytes(&r, FILE_PACKAGE, f->package->key);
	scan_emit(s, &r);
	return 0;
}

static int scan(struct scan *s, struct err *e)
{
	return host_packaged_files(scan_host(s), emit, s, e);
}

static const struct sensor sensor_delivered = {
	.kind = &kind_file,
	.source = "package manifests",
	.scan = scan,
};

const struct sensor *const sensors_delivered[] = { &sensor_delivered, NULL };
