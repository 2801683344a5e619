#include "os/random.h"

#include <stdint.h>

/* clang-format off */
#include <windows.h>
#include <bcrypt.h>
/* clang-format on */

#include "os/windows/fault.h"

int random_bytes(void *ret, size_t n, struct err *e)
{
	NTSTATUS s;

	if (n > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "cannot get %zu random bytes at once", n);
	s = BCryptGenRandom(NULL, ret, (ULONG)n, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
	if (s < 0)
		return err_windows(e, (unsigned long)s, "cannot get random bytes");
	return 0;
}
