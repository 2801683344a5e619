#include "os/machine.h"

#include <windows.h>

#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define NAME_UNITS 256

int machine_name(struct buf *ret, struct err *e)
{
	wchar_t name[NAME_UNITS];
	DWORD n = NAME_UNITS;

	/* of this machine, not of the cluster it may be a node of; in the case it was given */
	if (!GetComputerNameExW(ComputerNamePhysicalDnsHostname, name, &n))
		return err_windows(e, GetLastError(), "cannot get the host's name");
	wide_to_text(name, n, ret);
	return 0;
}

unsigned machine_cores(void)
{
	DWORD_PTR mine = 0, all = 0;
	unsigned n = 0;

	if (!GetProcessAffinityMask(GetCurrentProcess(), &mine, &all))
		return 1;
	for (; mine; mine &= mine - 1)
		n++;
	return n > 0 ? n : 1; /* 0: threads in several processor groups */
}
