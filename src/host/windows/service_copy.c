#include "host/windows/service_copy.h"

#include "core/attr.h"

/* of winnt.h */
#define USER_SERVICE 0x40u
#define USERSERVICE_INSTANCE 0x80u
/* said of one that shares a process, too, while it runs: counts for nothing */
#define OWN_PROCESS 0x10u

#define SUBTYPE_SIZE 16

static bool text_adds(struct span copy, struct span template)
{
	return copy.n && !span_same(copy, template);
}

static bool level_adds(const struct scm_level *copy, const struct scm_level *template)
{
	return copy->has && copy->value && (!template->has || copy->value != template->value);
}

static bool list_adds(const struct span *copy, size_t n, const struct span *template,
	size_t n_template)
{
	if (!n)
		return false;
	if (n != n_template)
		return true;
	for (size_t i = 0; i < n; i++)
		if (!span_same(copy[i], template[i]))
			return true;
	return false;
}

static bool actions_add(const struct scm_config *copy, const struct scm_config *template)
{
	if (!copy->n_actions)
		return false;
	if (copy->n_actions != template->n_actions || copy->reset.value != template->reset.value)
		return true;
	for (size_t i = 0; i < 2 * copy->n_actions; i++)
		if (copy->actions[i].value != template->actions[i].value)
			return true;
	return false;
}

static bool trigger_same(const struct scm_trigger_entry *a, const struct scm_trigger_entry *b)
{
	if (a->type != b->type || a->action != b->action || a->n_data != b->n_data ||
		!a->subtype != !b->subtype ||
		(a->subtype && memcmp(a->subtype, b->subtype, SUBTYPE_SIZE) != 0))
		return false;
	for (size_t i = 0; i < a->n_data; i++)
		if (a->data[i].is_text != b->data[i].is_text ||
			!span_same(a->data[i].bytes, b->data[i].bytes))
			return false;
	return true;
}

static bool triggers_add(const struct scm_config *copy, const struct scm_config *template)
{
	if (!copy->n_triggers)
		return false;
	if (copy->n_triggers != template->n_triggers)
		return true;
	for (size_t i = 0; i < copy->n_triggers; i++)
		if (!trigger_same(&copy->triggers[i], &template->triggers[i]))
			return true;
	return false;
}

static bool texts_add(const struct scm_config *copy, const struct scm_config *template)
{
	return text_adds(copy->service_dll, template->service_dll) ||
	       text_adds(copy->service_main, template->service_main) ||
	       text_adds(copy->failure_command, template->failure_command) ||
	       text_adds(copy->reboot_message, template->reboot_message) ||
	       text_adds(copy->group, template->group);
}

static bool lists_add(const struct scm_config *copy, const struct scm_config *template)
{
	return list_adds(copy->privileges, copy->n_privileges, template->privileges,
		       template->n_privileges) ||
	       list_adds(copy->environment, copy->n_environment, template->environment,
		       template->n_environment) ||
	       list_adds(copy->depends, copy->n_depends, template->depends, template->n_depends);
}

bool service_copy_is_of(const struct scm_config *copy, const struct scm_config *template)
{
	if (!(template->type & USER_SERVICE) || (template->type & USERSERVICE_INSTANCE) ||
		(copy->type | OWN_PROCESS) != (template->type | USERSERVICE_INSTANCE | OWN_PROCESS))
		return false;
	if (!span_same(copy->image, template->image) ||
		!span_same(copy->account, template->account))
		return false;
	return !texts_add(copy, template) && !lists_add(copy, template) &&
	       !actions_add(copy, template) && !triggers_add(copy, template) &&
	       !level_adds(&copy->sid_type, &template->sid_type) &&
	       !level_adds(&copy->protection, &template->protection) &&
	       !level_adds(&copy->on_stop, &template->on_stop);
}
