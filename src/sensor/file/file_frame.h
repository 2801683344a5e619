/* What the crew tells the collector through the rings: frames, each a head and the bytes behind it.
 */
#ifndef SENSOR_FILE_FRAME_H
#define SENSOR_FILE_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_type {
	FRAME_FOLDER, /* stored-key prefix of the entries that follow */
	FRAME_ENTRY,  /* section name, shared, local */
	FRAME_STAMP,  /* section name, struct frame_stamp */
	FRAME_GAP,    /* path, text */
	FRAME_LATE,   /* whole stored key, shared, local */
	FRAME_GONE,   /* whole stored key */
	FRAME_END,    /* the walk is complete */
};

/* What a request found besides: */
enum frame_below {
	BELOW_UNKNOWN,  /* a folder, or it could not be looked at */
	BELOW_NOTHING,  /* no folder */
	BELOW_FOLLOWED, /* a link that rules follow into a folder */
};

/* Longest record that is passed on: with a key of the deepest path it still fits every ring. */
#define FRAME_RECORD_MAX ((size_t)256 << 10)

struct frame_head {
	uint8_t type;
	uint8_t reason;  /* gap: enum gap_reason */
	uint8_t subtree; /* gap */
	uint8_t below;   /* late, gone: enum frame_below */
	uint32_t name_n; /* section name, key, or path */
	uint32_t shared_n;
	uint32_t local_n; /* of a gap: its text */
	uint64_t unknown; /* fields; of a gap: errno */
};

/* What one statx tells. */
struct frame_stamp {
	uint64_t size, inode, device, rdev;
	int64_t mtime, ctime, btime;
	uint32_t mode, uid, gid, nlink;
	uint8_t type, has_btime, pad[6];
};

#endif
