#include "host/libsystemd.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int libsystemd_load(const struct symbol *list, size_t n, struct err *e)
{
	void *lib = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return err_set(e, ERR_MISSING, "there is no libsystemd here");
	for (size_t i = 0; i < n; i++) {
		void *f = dlsym(lib, list[i].name);

		if (!f)
			return err_set(e, ERR_MISSING, "libsystemd has no %s", list[i].name);
		memcpy(list[i].at, &f, sizeof f);
	}
	return 0;
}

int sd_bus_load(const struct sd_bus **ret, struct err *e)
{
	static struct sd_bus sd;
	static bool loaded;
	static const struct symbol symbols[] = {
		{ "sd_bus_new", &sd.new },
		{ "sd_bus_set_address", &sd.set_address },
		{ "sd_bus_set_bus_client", &sd.set_bus_client },
		{ "sd_bus_start", &sd.start },
		{ "sd_bus_process", &sd.process },
		{ "sd_bus_wait", &sd.wait },
		{ "sd_bus_close_unref", &sd.close_unref },
		{ "sd_bus_get_fd", &sd.get_fd },
		{ "sd_bus_get_events", &sd.get_events },
		{ "sd_bus_get_timeout", &sd.get_timeout },
		{ "sd_bus_add_filter", &sd.add_filter },
		{ "sd_bus_call_async", &sd.call_async },
		{ "sd_bus_message_new_method_call", &sd.message_new_method_call },
		{ "sd_bus_message_append_basic", &sd.message_append_basic },
		{ "sd_bus_message_get_error", &sd.message_get_error },
		{ "sd_bus_message_ref", &sd.message_ref },
		{ "sd_bus_message_unref", &sd.message_unref },
		{ "sd_bus_message_is_signal", &sd.message_is_signal },
		{ "sd_bus_message_get_path", &sd.message_get_path },
		{ "sd_bus_message_enter_container", &sd.message_enter_container },
		{ "sd_bus_message_exit_container", &sd.message_exit_container },
		{ "sd_bus_message_peek_type", &sd.message_peek_type },
		{ "sd_bus_message_read_basic", &sd.message_read_basic },
		{ "sd_bus_message_skip", &sd.message_skip },
	};

	if (!loaded && libsystemd_load(symbols, ARRAY_LEN(symbols), e) < 0)
		return e->code;
	loaded = true;
	*ret = &sd;
	return 0;
}

int sd_bus_connect(const struct sd_bus *sd, void **ret, const char *socket, bool client)
{
	char address[128];
	void *bus = NULL;
	int rc = sd->new (&bus);

	snprintf(address, sizeof address, "unix:path=%s", socket);
	if (rc >= 0)
		rc = sd->set_address(bus, address);
	if (rc >= 0)
		rc = sd->set_bus_client(bus, client);
	if (rc >= 0)
		rc = sd->start(bus);
	if (rc >= 0)
		*ret = bus;
	else
		sd->close_unref(bus);
	return rc;
}

int sd_bus_call(const struct sd_bus *sd, void *bus, const struct sd_bus_method *method,
	const char *const *args, sd_bus_heard *answered, void *ctx, uint64_t us)
{
	void *m = NULL;
	int rc = sd->message_new_method_call(bus, &m, method->name, method->path, method->interface,
		method->member);

	for (; rc >= 0 && *args; args++)
		rc = sd->message_append_basic(m, 's', *args);
	if (rc >= 0)
		rc = sd->call_async(bus, NULL, m, answered, ctx, us);
	if (m)
		sd->message_unref(m);
	return rc;
}
