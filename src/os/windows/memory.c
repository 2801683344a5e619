#include "os/memory.h"

#include <malloc.h>
#include <windows.h>

void memory_give_back(void)
{
	(void)_heapmin();
	(void)SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1);
}
