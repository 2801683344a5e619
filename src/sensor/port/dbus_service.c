#include "sensor/port/dbus_service.h"

static struct span trim(struct span s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t'))
		s = span_from_offset(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

struct dbus_service dbus_service_from(struct span text)
{
	struct dbus_service s = { 0 };
	bool ours = false;
	struct span line, name;

	while (span_cut(&text, '\n', &line)) {
		line = trim(line);
		if (line.n && *line.p == '[') {
			ours = span_is(line, "[D-BUS Service]");
			continue;
		}
		if (!ours || line.n == 0 || *line.p == '#' || !span_cut(&line, '=', &name) ||
			!line.p)
			continue;
		name = trim(name);
		if (span_is(name, "Exec"))
			s.exec = trim(line);
		else if (span_is(name, "User"))
			s.user = trim(line);
		else if (span_is(name, "SystemdService"))
			s.unit = trim(line);
	}
	return s;
}

/* With a unit, systemd starts that and Exec is not used. */
struct span dbus_activation(const struct dbus_service *s, struct arena *a)
{
	if (s->unit.n || !s->user.n || !s->exec.n)
		return s->unit.n ? s->unit : s->exec;
	return span_of(arena_format(a, "%.*s as %.*s", SPAN_ARG(s->exec), SPAN_ARG(s->user)));
}
