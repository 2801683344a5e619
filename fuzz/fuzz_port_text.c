/* Any bytes as a service file of D-Bus, a line of mountinfo and the name of a socket. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/port/dbus_service.h"
#include "sensor/port/mount_text.h"
#include "sensor/port/sock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint32_t pids[] = { 1, 4711 };
	struct span text = span_from(data, n), path;
	struct dbus_service s = dbus_service_from(text);
	struct arena *a = arena_new();

	(void)dbus_activation(&s, a);
	(void)mount_of_netns(text, a, &path);
	(void)sock_name_is_random(text, pids, 2);
	arena_free(a);
	return 0;
}
