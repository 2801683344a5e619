#include "entity/absent.h"
#include "entity/boot.h"
#include "entity/bpf.h"
#include "entity/certificate.h"
#include "entity/container.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "entity/firewall.h"
#include "entity/group.h"
#include "entity/hidden.h"
#include "entity/kind.h"
#include "entity/module.h"
#include "entity/mount.h"
#include "entity/package.h"
#include "entity/pam_rule.h"
#include "entity/port.h"
#include "entity/process.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/service.h"
#include "entity/ssh_key.h"
#include "entity/sudo_rule.h"
#include "entity/sysctl.h"
#include "entity/user.h"
#include "entity/wmi.h"

const struct kind *const kinds[] = {
	&kind_file,
	&kind_package,
	&kind_process,
	&kind_service,
	&kind_port,
	&kind_user,
	&kind_group,
	&kind_registry_key,
	&kind_registry_value,
	&kind_wmi,
	&kind_module,
	&kind_sysctl,
	&kind_mount,
	&kind_cron,
	&kind_ssh_key,
	&kind_sudo_rule,
	&kind_pam_rule,
	&kind_bpf,
	&kind_firewall,
	&kind_certificate,
	&kind_container,
	&kind_boot,
	&kind_hidden,
	NULL,
};

const struct kind *kind_find(struct span name)
{
	for (const struct kind *const *k = kinds; *k; k++)
		if (span_is(name, (*k)->name))
			return *k;
	return NULL;
}

const struct kind *kind_by_id(uint8_t id)
{
	for (const struct kind *const *k = kinds; *k; k++)
		if ((*k)->id == id)
			return *k;
	return NULL;
}

int kind_field(const struct kind *k, struct span name)
{
	for (size_t i = 0; i < k->n_fields; i++)
		if (span_is(name, k->fields[i].name))
			return (int)i;
	return -1;
}

uint64_t kind_fields_with(const struct kind *k, unsigned flags)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < k->n_fields; i++)
		if ((k->fields[i].flags & flags) == flags)
			set |= field_bit(i);
	return set;
}

uint64_t kind_fields_all(const struct kind *k)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < k->n_fields; i++)
		if (!(k->fields[i].flags & FIELD_DERIVED))
			set |= field_bit(i);
	return set;
}

uint64_t kind_fields_absent(const struct kind *k)
{
	uint64_t set = 0;

	for (const struct absent_fields *x = absent_fields; x->kind; x++)
		for (size_t i = 0; x->kind == k && i < x->n; i++)
			set |= field_bit(x->fields[i]);
	return set;
}
