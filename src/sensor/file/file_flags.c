#include "sensor/file/file_flags.h"

/* linux/fs.h FS_…_FL, in the order and with the letters of lsattr (e2fsprogs 1.47); by number,
 * since each header knows only a part of them. */
static const struct {
	uint32_t flag;
	char letter;
} flags_of_lsattr[] = {
	{ 0x00000001, 's' }, /* secure deletion */
	{ 0x00000002, 'u' }, /* undelete */
	{ 0x00000008, 'S' }, /* synchronous updates */
	{ 0x00010000, 'D' }, /* synchronous directory updates */
	{ 0x00000010, 'i' }, /* immutable */
	{ 0x00000020, 'a' }, /* append only */
	{ 0x00000040, 'd' }, /* no dump */
	{ 0x00000080, 'A' }, /* no atime */
	{ 0x00000004, 'c' }, /* compress */
	{ 0x00000800, 'E' }, /* encrypted */
	{ 0x00004000, 'j' }, /* journalled data */
	{ 0x00001000, 'I' }, /* indexed directory */
	{ 0x00008000, 't' }, /* no tail merging */
	{ 0x00020000, 'T' }, /* top of directory hierarchies */
	{ 0x00080000, 'e' }, /* extents */
	{ 0x00800000, 'C' }, /* no copy on write */
	{ 0x02000000, 'x' }, /* direct access */
	{ 0x40000000, 'F' }, /* names without case */
	{ 0x10000000, 'N' }, /* data in the inode */
	{ 0x20000000, 'P' }, /* children inherit the project */
	{ 0x00100000, 'V' }, /* fs-verity */
	{ 0x00000400, 'm' }, /* do not compress */
};

void file_flags_text(uint32_t flags, struct buf *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(flags_of_lsattr); i++)
		if (flags & flags_of_lsattr[i].flag)
			buf_add_char(ret, flags_of_lsattr[i].letter);
}
