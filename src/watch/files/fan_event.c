#include "watch/files/fan_event.h"

#include <string.h>
#include <sys/fanotify.h>

#ifndef FAN_EVENT_INFO_TYPE_OLD_DFID_NAME
#define FAN_EVENT_INFO_TYPE_OLD_DFID_NAME 10
#define FAN_EVENT_INFO_TYPE_NEW_DFID_NAME 12
#endif
#ifndef FAN_EVENT_INFO_TYPE_PIDFD
#define FAN_EVENT_INFO_TYPE_PIDFD 4
#endif
#ifndef FAN_EVENT_INFO_TYPE_MNT
#define FAN_EVENT_INFO_TYPE_MNT 7 /* Linux 6.14 */
#endif

#define INFO_HEAD 4 /* type, pad, length */
#define MOUNT_AT 8  /* of a mount: its number, aligned */

/* The handle of an info record, without what stands in front and behind. */
static bool handle_of(struct span info, struct span *ret, struct span *ret_name)
{
	uint32_t n;

	if (info.n < INFO_HEAD + FAN_HANDLE_HEAD)
		return false;
	memcpy(&n, info.p + INFO_HEAD + 8, sizeof n);
	if (n > FAN_HANDLE_MAX - FAN_HANDLE_HEAD || n > info.n - INFO_HEAD - FAN_HANDLE_HEAD)
		return false;
	*ret = span_from(info.p + INFO_HEAD, FAN_HANDLE_HEAD + n);
	*ret_name = span_from_offset(info, INFO_HEAD + FAN_HANDLE_HEAD + n);
	return true;
}

/* The name ends with a NUL; zeros behind it fill the record up. */
static struct span name_of(struct span s)
{
	const char *end = s.n ? memchr(s.p, '\0', s.n) : NULL;

	return span_from(s.p, end ? (size_t)(end - s.p) : s.n);
}

static bool take_info(struct fan_event *x, uint8_t type, struct span info)
{
	struct span handle, behind;

	if (type == FAN_EVENT_INFO_TYPE_PIDFD) {
		if (info.n < INFO_HEAD + sizeof(int32_t))
			return false;
		memcpy(&x->pidfd, info.p + INFO_HEAD, sizeof(int32_t));
		if (x->pidfd < 0)
			x->pidfd = -1;
		return true;
	}
	if (type == FAN_EVENT_INFO_TYPE_MNT) {
		if (info.n < MOUNT_AT + sizeof x->mount)
			return false;
		memcpy(&x->mount, info.p + MOUNT_AT, sizeof x->mount);
		return true;
	}
	if (type != FAN_EVENT_INFO_TYPE_FID && type != FAN_EVENT_INFO_TYPE_DFID &&
		type != FAN_EVENT_INFO_TYPE_DFID_NAME &&
		type != FAN_EVENT_INFO_TYPE_OLD_DFID_NAME &&
		type != FAN_EVENT_INFO_TYPE_NEW_DFID_NAME)
		return true; /* of a later kernel */
	if (!handle_of(info, &handle, &behind))
		return false;
	if (type == FAN_EVENT_INFO_TYPE_FID) {
		x->target = handle;
	} else if (type == FAN_EVENT_INFO_TYPE_NEW_DFID_NAME) {
		x->new_folder = handle;
		x->new_name = name_of(behind);
	} else {
		x->folder = handle;
		if (type != FAN_EVENT_INFO_TYPE_DFID)
			x->name = name_of(behind);
	}
	return true;
}

static int bad(struct span *rest)
{
	*rest = SPAN_NONE;
	return -1;
}

int fan_event_next(struct span *rest, struct fan_event *ret)
{
	struct fanotify_event_metadata m;
	struct fan_event x = { .pidfd = -1 };
	size_t at;

	if (rest->n == 0)
		return 0;
	if (rest->n < sizeof m)
		return bad(rest);
	memcpy(&m, rest->p, sizeof m);
	if (m.vers != FANOTIFY_METADATA_VERSION || m.metadata_len < sizeof m ||
		m.metadata_len > m.event_len || m.event_len > rest->n)
		return bad(rest);
	x.mask = m.mask;
	x.pid = m.pid;
	for (at = m.metadata_len; at + INFO_HEAD <= m.event_len;) {
		uint16_t n;

		memcpy(&n, rest->p + at + 2, sizeof n);
		if (n < INFO_HEAD || n > m.event_len - at ||
			!take_info(&x, (uint8_t)rest->p[at], span_from(rest->p + at, n)))
			return bad(rest);
		at += n;
	}
	*rest = span_from_offset(*rest, m.event_len);
	*ret = x;
	return 1;
}
