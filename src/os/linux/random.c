#include "os/random.h"

#include <errno.h>
#include <sys/random.h>

int random_bytes(void *ret, size_t n, struct err *e)
{
	char *p = ret;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot get random bytes");
		p += got;
		n -= (size_t)got;
	}
	return 0;
}
