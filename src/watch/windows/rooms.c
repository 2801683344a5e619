/* Every means of hearing of Windows; each room is in the file of its name. */
#include "watch/windows/rooms.h"

const struct hearing_room *const hearing_rooms[] = {
	&hearing_folders,
	&hearing_polled,
	&hearing_processes,
	&hearing_registry,
	&hearing_services,
	&hearing_standstill,
	&hearing_wmi_events,
	NULL,
};
