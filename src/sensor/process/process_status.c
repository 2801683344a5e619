#include "core/attr.h"
#include "sensor/process/process_text.h"

static const char *const capabilities[] = { "cap_chown", "cap_dac_override", "cap_dac_read_search",
	"cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid", "cap_setuid", "cap_setpcap",
	"cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin",
	"cap_net_raw", "cap_ipc_lock", "cap_ipc_owner", "cap_sys_module", "cap_sys_rawio",
	"cap_sys_chroot", "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin", "cap_sys_boot",
	"cap_sys_nice", "cap_sys_resource", "cap_sys_time", "cap_sys_tty_config", "cap_mknod",
	"cap_lease", "cap_audit_write", "cap_audit_control", "cap_setfcap", "cap_mac_override",
	"cap_mac_admin", "cap_syslog", "cap_wake_alarm", "cap_block_suspend", "cap_audit_read",
	"cap_perfmon", "cap_bpf", "cap_checkpoint_restore" };

const char *capability_name(unsigned number)
{
	return number < ARRAY_LEN(capabilities) ? capabilities[number] : NULL;
}

static int digit(char c, unsigned base)
{
	int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

	return d < (int)base ? d : -1;
}

/* The number that the text begins with, behind spaces; 0: none, or more than 64 bits. */
static uint64_t number(struct span s, unsigned base)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < s.n && (s.p[i] == '\t' || s.p[i] == ' '))
		i++;
	for (size_t digits = 0; i < s.n && digit(s.p[i], base) >= 0; i++)
		if (++digits > 16)
			return 0;
		else
			n = n * base + (uint64_t)digit(s.p[i], base);
	return n;
}

void process_status_from(struct span text, struct process_status *ret)
{
	struct process_status s = { 0 };
	struct span line, name;

	while (span_cut(&text, '\n', &line)) {
		if (!span_cut(&line, ':', &name) || !line.p)
			continue;
		if (span_is(name, "Uid"))
			s.uid = (uint32_t)number(line, 10);
		else if (span_is(name, "TracerPid"))
			s.tracer = (uint32_t)number(line, 10);
		else if (span_is(name, "CapEff"))
			s.effective = number(line, 16);
		else if (span_is(name, "CapAmb"))
			s.ambient = number(line, 16);
		else if (span_is(name, "Seccomp"))
			s.seccomp = (unsigned)(number(line, 10) & 0xff);
		else if (span_is(name, "NoNewPrivs"))
			s.no_new_privs = number(line, 10) == 1;
	}
	*ret = s;
}
