/* Functions that are not everywhere: newer than the oldest Windows we run on (10 1607), or fatal
 * under Wine, where a function may be exported and end the process when it is called. One table
 * names them all; never link such a name directly. */
#ifndef OS_WINDOWS_OPTIONAL_H
#define OS_WINDOWS_OPTIONAL_H

#include <stdbool.h>

bool on_wine(void);
const char *wine_version(void); /* "" on Windows */

enum optional {
	OPTIONAL_SUBSCRIBE_SERVICE_CHANGE, /* SubscribeServiceChangeNotifications: fatal on Wine */
	OPTIONAL_FIND_FIRST_FILE_NAME,     /* FindFirstFileNameW: fatal on Wine */
	OPTIONAL_READ_DIRECTORY_CHANGES_EX,
	OPTIONAL_CATALOG_CONTEXT_2, /* CryptCATAdminAcquireContext2: MinGW's library lacks it */
	OPTIONAL_CATALOG_HASH_2,    /* CryptCATAdminCalcHashFromFileHandle2 */
	OPTIONAL_N
};
/* The function, to be cast; NULL: not here. */
void (*optional_get(enum optional which))(void);

#endif
