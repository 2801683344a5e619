#include "host/bpf_insn.h"

void code_add(struct bpf_code *c, uint8_t code, uint8_t to, uint8_t from, int off, int32_t imm)
{
	if (c->n < BPF_CODE_MAX)
		c->insn[c->n] = (struct bpf_insn){ .code = code,
			.dst_reg = to & 15U,
			.src_reg = from & 15U,
			.off = (int16_t)off,
			.imm = imm };
	c->n++; /* one too many is noticed at the end */
}

static uint8_t width(uint32_t size)
{
	return size == 8 ? BPF_DW : size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
}

void code_load(struct bpf_code *c, uint8_t to, uint8_t from, int offset, uint32_t size)
{
	code_add(c, BPF_LDX | BPF_MEM | width(size), to, from, offset, 0);
}

void code_move(struct bpf_code *c, uint8_t to, uint8_t from)
{
	code_add(c, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void code_number(struct bpf_code *c, uint8_t to, int32_t n)
{
	code_add(c, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, n);
}

void code_plus(struct bpf_code *c, uint8_t to, int32_t n)
{
	code_add(c, BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, n);
}

void code_call(struct bpf_code *c, int32_t helper)
{
	code_add(c, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

uint32_t code_jump(struct bpf_code *c, uint8_t condition, uint8_t reg, int32_t n)
{
	code_add(c, BPF_JMP | condition | BPF_K, reg, 0, 0, n);
	return c->n - 1;
}

uint32_t code_jump_reg(struct bpf_code *c, uint8_t condition, uint8_t reg, uint8_t other)
{
	code_add(c, BPF_JMP | condition | BPF_X, reg, other, 0, 0);
	return c->n - 1;
}

uint32_t code_jump_if_zero(struct bpf_code *c, uint8_t reg)
{
	return code_jump(c, BPF_JEQ, reg, 0);
}

void code_back(struct bpf_code *c, uint32_t to)
{
	code_add(c, BPF_JMP | BPF_JA, 0, 0, (int)to - (int)c->n - 1, 0);
}

void code_store(struct bpf_code *c, uint8_t base, int offset, uint8_t reg, uint32_t size)
{
	code_add(c, BPF_STX | BPF_MEM | width(size), base, reg, offset, 0);
}

void code_zero(struct bpf_code *c, uint8_t base, int offset)
{
	code_add(c, BPF_ST | BPF_MEM | BPF_DW, base, 0, offset, 0);
}

void code_map(struct bpf_code *c, uint8_t to, uint8_t kind, int32_t map)
{
	code_add(c, BPF_LD | BPF_IMM | BPF_DW, to, kind, 0, map);
	code_add(c, 0, 0, 0, 0, 0);
}

void code_land(struct bpf_code *c, uint32_t from)
{
	if (from < BPF_CODE_MAX)
		c->insn[from].off = (int16_t)(c->n - from - 1);
}

void code_end(struct bpf_code *c)
{
	code_number(c, BPF_REG_0, 0);
	code_add(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
