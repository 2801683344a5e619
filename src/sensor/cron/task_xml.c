#include "sensor/cron/task.h"

#include <expat.h>

#include "core/attr.h"

/* Where in the document we are: the parts that matter, by the element that begins them. */
enum part {
	PART_NONE,
	PART_REGISTRATION,
	PART_TRIGGERS,
	PART_PRINCIPAL,
	PART_SETTINGS,
	PART_EXEC,
	PART_COM,
	PART_OTHER_ACTION
};

struct parse {
	struct arena *arena;
	struct task *task;
	XML_Parser parser;
	enum part part;
	int depth, part_depth;
	struct buf text;     /* of the element at hand */
	struct buf schedule; /* canonical: elements in their order, NAME(…) and NAME=VALUE */
	struct buf command;
	struct span program, arguments, class, data;
	bool leaf;         /* nothing began since the element at hand did */
	bool refused;      /* it declares entities */
	bool first_action; /* its program is known */
	size_t total;      /* of all text */
	int code;          /* ERR_LIMIT, ERR_FORMAT */
};

/* Element names come without their namespace: the parser puts a blank between. */
static struct span local_name(const char *name)
{
	const char *blank = strrchr(name, ' ');

	return span_of(blank ? blank + 1 : name);
}

static const struct {
	const char *name;
	enum part part;
	int depth; /* the root is 1 */
} beginnings[] = {
	{ "RegistrationInfo", PART_REGISTRATION, 2 },
	{ "Triggers", PART_TRIGGERS, 2 },
	{ "Principal", PART_PRINCIPAL, 3 },
	{ "Settings", PART_SETTINGS, 2 },
	{ "Exec", PART_EXEC, 3 },
	{ "ComHandler", PART_COM, 3 },
	{ "SendEmail", PART_OTHER_ACTION, 3 },
	{ "ShowMessage", PART_OTHER_ACTION, 3 },
};

static void stop(struct parse *p, int code)
{
	p->code = code;
	XML_StopParser(p->parser, XML_FALSE);
}

static bool is_text(struct span s, const char *text)
{
	return span_is(s, text);
}

static struct span trimmed(struct buf *b)
{
	struct span s = buf_span(b);

	while (s.n && strchr(" \t\r\n", s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static void begin_trigger(struct parse *p, struct span name)
{
	char last = p->schedule.n ? p->schedule.p[p->schedule.n - 1] : '(';

	if (last != '(')
		buf_add_text(&p->schedule, p->depth == p->part_depth + 1 ? "; " : " ");
	buf_add_span(&p->schedule, name);
}

static void begin(void *data, const XML_Char *full, const XML_Char **attributes)
{
	struct parse *p = data;
	struct span name = local_name(full);

	(void)attributes;
	if (++p->depth > TASK_DEPTH_MAX) {
		stop(p, ERR_LIMIT);
		return;
	}
	if (p->part == PART_TRIGGERS) {
		if (p->leaf && p->depth > p->part_depth + 1)
			buf_add_char(&p->schedule, '(');
		begin_trigger(p, name);
	}
	for (size_t i = 0; p->part == PART_NONE && i < ARRAY_LEN(beginnings); i++)
		if (p->depth == beginnings[i].depth && is_text(name, beginnings[i].name)) {
			p->part = beginnings[i].part;
			p->part_depth = p->depth;
			break;
		}
	p->leaf = true;
	buf_clear(&p->text);
}

static void characters(void *data, const XML_Char *s, int n)
{
	struct parse *p = data;

	p->total += (size_t)n;
	if (p->total > TASK_TEXT_MAX) {
		stop(p, ERR_LIMIT);
		return;
	}
	if (p->part != PART_NONE)
		buf_add(&p->text, s, (size_t)n);
}

/* Texts of one level below the part's own element. */
static const struct {
	enum part part;
	const char *name;
	size_t at; /* in struct task */
} texts[] = {
	{ PART_REGISTRATION, "Author", offsetof(struct task, author) },
	{ PART_REGISTRATION, "Description", offsetof(struct task, description) },
	{ PART_PRINCIPAL, "UserId", offsetof(struct task, user) },
	{ PART_PRINCIPAL, "GroupId", offsetof(struct task, user) },
	{ PART_PRINCIPAL, "RunLevel", offsetof(struct task, run_level) },
	{ PART_PRINCIPAL, "LogonType", offsetof(struct task, logon_type) },
};

static const struct {
	enum part part;
	const char *name;
	size_t at; /* in struct parse */
} action_texts[] = {
	{ PART_EXEC, "Command", offsetof(struct parse, program) },
	{ PART_EXEC, "Arguments", offsetof(struct parse, arguments) },
	{ PART_COM, "ClassId", offsetof(struct parse, class) },
	{ PART_COM, "Data", offsetof(struct parse, data) },
};

static void set_text(struct parse *p, struct span name)
{
	struct span value = arena_copy(p->arena, trimmed(&p->text));

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].part == p->part && is_text(name, texts[i].name))
			memcpy((char *)p->task + texts[i].at, &value, sizeof value);
	for (size_t i = 0; i < ARRAY_LEN(action_texts); i++)
		if (action_texts[i].part == p->part && is_text(name, action_texts[i].name))
			memcpy((char *)p + action_texts[i].at, &value, sizeof value);
	if (p->part != PART_SETTINGS)
		return;
	if (is_text(name, "Enabled"))
		p->task->enabled = !is_text(value, "false") && !is_text(value, "0");
	if (is_text(name, "Hidden"))
		p->task->hidden = is_text(value, "true") || is_text(value, "1");
}

static void end_trigger(struct parse *p)
{
	struct span value = trimmed(&p->text);

	if (!p->leaf) {
		buf_add_char(&p->schedule, ')');
	} else if (value.n) {
		buf_add_char(&p->schedule, '=');
		buf_add_span(&p->schedule, value);
	}
}

static void end_action(struct parse *p, struct span name)
{
	if (p->command.n)
		buf_add_text(&p->command, "; ");
	if (p->part == PART_EXEC) {
		task_add_program(&p->command, p->program, p->arguments);
		if (!p->first_action)
			p->task->program = p->program;
		p->first_action = true;
	} else if (p->part == PART_COM) {
		task_add_com(&p->command, p->class, p->data);
	} else {
		buf_add_span(&p->command, name);
	}
	p->program = p->arguments = p->class = p->data = SPAN_NONE;
}

static void end(void *data, const XML_Char *full)
{
	struct parse *p = data;
	struct span name = local_name(full);
	int below = p->depth - p->part_depth;

	if (p->part == PART_TRIGGERS && below > 0)
		end_trigger(p);
	else if (p->part != PART_NONE && below == 1 && p->leaf)
		set_text(p, name);
	else if (p->part >= PART_EXEC && below == 0)
		end_action(p, name);
	if (p->part != PART_NONE && below == 0)
		p->part = PART_NONE;
	p->leaf = false;
	buf_clear(&p->text);
	p->depth--;
}

/* No task has a document type: whoever writes one wants entities that grow. */
static void refuse(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public,
	int internal)
{
	struct parse *p = data;

	(void)name, (void)system, (void)public, (void)internal;
	p->refused = true;
	stop(p, ERR_FORMAT);
}

static int run(struct parse *p, struct span file, struct err *e)
{
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, begin, end);
	XML_SetCharacterDataHandler(p->parser, characters);
	XML_SetStartDoctypeDeclHandler(p->parser, refuse);
	if (XML_Parse(p->parser, file.p, (int)file.n, 1) == XML_STATUS_OK)
		return 0;
	if (p->code == ERR_LIMIT)
		return err_set(e, ERR_LIMIT, "deeper, or more text, than a task has");
	if (p->refused)
		return err_set(e, ERR_FORMAT, "a document type, which no task has");
	return err_set(e, ERR_FORMAT, "line %lu: %s", XML_GetCurrentLineNumber(p->parser),
		XML_ErrorString(XML_GetErrorCode(p->parser)));
}

int task_from_xml(struct span file, struct arena *a, struct task *ret, struct err *e)
{
	struct task task = { .enabled = true };
	struct parse p = { .arena = a,
		.task = &task,
		.text = BUF_INIT(TASK_TEXT_MAX),
		.schedule = BUF_INIT(TASK_TEXT_MAX * 4),
		.command = BUF_INIT(TASK_TEXT_MAX * 2) };
	int rc;

	if (file.n > TASK_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "more than %zu bytes", TASK_BYTES_MAX);
	p.parser = XML_ParserCreateNS(NULL, ' ');
	rc = run(&p, file, e);
	XML_ParserFree(p.parser);
	task.schedule = arena_copy(a, buf_span(&p.schedule));
	task.command = arena_copy(a, buf_span(&p.command));
	buf_done(&p.text);
	buf_done(&p.schedule);
	buf_done(&p.command);
	if (rc == 0)
		*ret = task;
	return rc;
}
