#include "host/btf.h"

#include <stdlib.h>

#include "core/mem.h"

#define MAGIC 0xeb9f
#define TYPES_MAX (16u << 20)
#define DEPTH_MAX 16 /* of modifiers, and of nameless structures in each other */

/* include/uapi/linux/btf.h, whose names differ from kernel to kernel */
enum type_kind {
	KIND_INT = 1,
	KIND_PTR,
	KIND_ARRAY,
	KIND_STRUCT,
	KIND_UNION,
	KIND_ENUM,
	KIND_FWD,
	KIND_TYPEDEF,
	KIND_VOLATILE,
	KIND_CONST,
	KIND_RESTRICT,
	KIND_FUNC,
	KIND_FUNC_PROTO,
	KIND_VAR,
	KIND_DATASEC,
	KIND_FLOAT,
	KIND_DECL_TAG,
	KIND_TYPE_TAG,
	KIND_ENUM64,
};

struct type {
	uint32_t name, info, size_or_type;
};

struct member {
	uint32_t name, type, offset;
};

struct head {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t size, types_at, types_n, names_at, names_n;
};

struct btf {
	struct span types, names;
	uint32_t *at; /* of each id, in types; id 0 is void */
	uint32_t n;
};

static unsigned kind_of(struct type t)
{
	return t.info >> 24 & 0x1f;
}

static uint32_t count_of(struct type t)
{
	return t.info & 0xffff;
}

/* What stands behind a type. */
static size_t tail_size(struct type t)
{
	switch (kind_of(t)) {
	case KIND_INT:
	case KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case KIND_ARRAY:
		return 12;
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_DATASEC:
	case KIND_ENUM64:
		return (size_t)count_of(t) * 12;
	case KIND_ENUM:
	case KIND_FUNC_PROTO:
		return (size_t)count_of(t) * 8;
	default:
		return 0;
	}
}

static int index_types(struct btf *b, struct err *e)
{
	size_t room = b->types.n / sizeof(struct type) + 2;
	struct type t;

	if (room > TYPES_MAX)
		return err_set(e, ERR_LIMIT, "the kernel describes more types than we accept");
	b->at = mem_array(room, sizeof *b->at);
	b->n = 1;
	for (size_t at = 0; at < b->types.n; b->n++) {
		if (b->types.n - at < sizeof t)
			return err_set(e, ERR_FORMAT, "type %u of the kernel is cut off", b->n);
		memcpy(&t, b->types.p + at, sizeof t);
		if (kind_of(t) == 0 || kind_of(t) > KIND_ENUM64)
			return err_set(e, ERR_FORMAT, "type %u of the kernel is of kind %u", b->n,
				kind_of(t));
		b->at[b->n] = (uint32_t)at;
		at += sizeof t + tail_size(t);
		if (at > b->types.n)
			return err_set(e, ERR_FORMAT, "type %u of the kernel is cut off", b->n);
	}
	return 0;
}

int btf_from(struct btf **ret, struct span bytes, struct err *e)
{
	AUTO_FREE(btf) b = NULL;
	struct head h;
	struct span body;

	if (bytes.n < sizeof h)
		return err_set(e, ERR_FORMAT, "the kernel's types are cut off");
	memcpy(&h, bytes.p, sizeof h);
	if (h.magic != MAGIC || h.version != 1 || h.size < sizeof h || h.size > bytes.n)
		return err_set(e, ERR_FORMAT, "the kernel's types are not in BTF 1");
	body = span_from_offset(bytes, h.size);
	if (h.types_at > body.n || h.types_n > body.n - h.types_at || h.names_at > body.n ||
		h.names_n > body.n - h.names_at || h.names_n == 0 ||
		body.p[h.names_at + h.names_n - 1] != '\0')
		return err_set(e, ERR_FORMAT, "the kernel's types are cut off");
	b = mem_new(sizeof *b);
	b->types = span_from(body.p + h.types_at, h.types_n);
	b->names = span_from(body.p + h.names_at, h.names_n);
	if (index_types(b, e) < 0)
		return e->code;
	*ret = b;
	b = NULL;
	return 0;
}

void btf_free(struct btf *b)
{
	if (!b)
		return;
	free(b->at);
	free(b);
}

void btf_freep(struct btf **b)
{
	btf_free(*b);
	*b = NULL;
}

static const char *name_at(const struct btf *b, uint32_t at)
{
	return at < b->names.n ? b->names.p + at : "";
}

/* id 0 and ids there are not: false. *ret_tail: what stands behind it, whole. */
static bool get(const struct btf *b, uint32_t id, struct type *ret, const char **ret_tail)
{
	if (id == 0 || id >= b->n)
		return false;
	memcpy(ret, b->types.p + b->at[id], sizeof *ret);
	*ret_tail = b->types.p + b->at[id] + sizeof *ret;
	return true;
}

void btf_find(const struct btf *b, struct btf_wanted *w, size_t n)
{
	static const uint8_t kinds_of[BTF_WHATS] = { KIND_STRUCT, KIND_FUNC };

	for (size_t i = 0; i < n; i++)
		w[i].id = 0;
	for (uint32_t id = 1; id < b->n; id++) {
		struct type t;
		const char *name;

		memcpy(&t, b->types.p + b->at[id], sizeof t);
		if (kind_of(t) != KIND_STRUCT && kind_of(t) != KIND_FUNC)
			continue;
		name = name_at(b, t.name);
		for (size_t i = 0; i < n; i++)
			if (*name == *w[i].name && kind_of(t) == kinds_of[w[i].what] &&
				w[i].id == 0 && strcmp(name, w[i].name) == 0)
				w[i].id = id;
	}
}

/* Without typedefs, qualifiers and tags; arrays become their element. 0: nothing known. */
static uint32_t bare(const struct btf *b, uint32_t id)
{
	struct type t;
	const char *tail;

	for (unsigned i = 0; i < DEPTH_MAX && get(b, id, &t, &tail); i++) {
		switch (kind_of(t)) {
		case KIND_TYPEDEF:
		case KIND_VOLATILE:
		case KIND_CONST:
		case KIND_RESTRICT:
		case KIND_TYPE_TAG:
			id = t.size_or_type;
			break;
		case KIND_ARRAY:
			memcpy(&id, tail, sizeof id);
			break;
		default:
			return id;
		}
	}
	return 0;
}

static bool is_composite(struct type t)
{
	return kind_of(t) == KIND_STRUCT || kind_of(t) == KIND_UNION;
}

/* A member by name, also inside nameless ones; *ret_offset in bytes. Bit fields are not found. */
static bool member(const struct btf *b, uint32_t id, struct span name, unsigned depth,
	uint32_t *ret_offset, uint32_t *ret_type)
{
	struct type t;
	const char *tail;

	if (depth > DEPTH_MAX || !get(b, id, &t, &tail) || !is_composite(t))
		return false;
	for (uint32_t i = 0; i < count_of(t); i++) {
		struct member m;
		uint32_t bits, inner;

		memcpy(&m, tail + i * sizeof m, sizeof m);
		bits = t.info >> 31 ? m.offset & 0xffffff : m.offset;
		if (bits % 8 || (t.info >> 31 && m.offset >> 24))
			continue;
		if (*name_at(b, m.name) == '\0') {
			if (!member(b, bare(b, m.type), name, depth + 1, &inner, ret_type))
				continue;
			*ret_offset = bits / 8 + inner;
			return true;
		}
		if (span_is(name, name_at(b, m.name))) {
			*ret_offset = bits / 8;
			*ret_type = m.type;
			return true;
		}
	}
	return false;
}

/* A pointer to a structure that is only declared where it stands: the one of that name. */
static uint32_t pointee(const struct btf *b, struct type pointer)
{
	uint32_t id = bare(b, pointer.size_or_type);
	struct type t;
	const char *tail;

	if (get(b, id, &t, &tail) && kind_of(t) == KIND_FWD) {
		struct btf_wanted w = { BTF_STRUCT, name_at(b, t.name), 0 };

		btf_find(b, &w, 1);
		return w.id;
	}
	return id;
}

static uint32_t value_size(struct type t)
{
	return kind_of(t) == KIND_PTR ? (uint32_t)sizeof(void *) : t.size_or_type;
}

int btf_path(const struct btf *b, uint32_t id, const char *path, struct btf_path *ret,
	struct err *e)
{
	struct btf_path p = { .n = 1 };
	struct span rest = span_of(path), name;
	struct type t = { 0 };
	const char *tail;

	while (span_cut(&rest, '.', &name)) {
		uint32_t offset, type;

		if (get(b, id, &t, &tail) && kind_of(t) == KIND_PTR) {
			if (p.n == BTF_STEPS)
				return err_set(e, ERR_LIMIT, "'%s' leads too far", path);
			id = pointee(b, t);
			p.n++;
		}
		if (!member(b, id, name, 0, &offset, &type))
			return err_set(e, ERR_MISSING, "this kernel has no '%s'", path);
		p.offset[p.n - 1] += offset;
		id = bare(b, type);
	}
	if (!get(b, id, &t, &tail))
		return err_set(e, ERR_MISSING, "this kernel has no '%s'", path);
	p.size = value_size(t);
	*ret = p;
	return 0;
}

uint32_t btf_size(const struct btf *b, uint32_t id)
{
	struct type t;
	const char *tail;

	return get(b, id, &t, &tail) && is_composite(t) ? t.size_or_type : 0;
}

const char *btf_name(const struct btf *b, uint32_t id)
{
	struct type t;
	const char *tail;

	return get(b, id, &t, &tail) ? name_at(b, t.name) : "";
}
