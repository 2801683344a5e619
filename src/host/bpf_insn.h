/* Instructions for the kernel, one after the other: an assembler of what our programs need. Pure.
 */
#ifndef HOST_BPF_INSN_H
#define HOST_BPF_INSN_H

#include "host/bpf_code.h"

/* One too many is noticed at the end: c->n is then above BPF_CODE_MAX. */
void code_add(struct bpf_code *c, uint8_t code, uint8_t to, uint8_t from, int off, int32_t imm);
void code_load(struct bpf_code *c, uint8_t to, uint8_t from, int offset, uint32_t size);
void code_store(struct bpf_code *c, uint8_t base, int offset, uint8_t reg, uint32_t size);
void code_zero(struct bpf_code *c, uint8_t base, int offset); /* eight bytes */
void code_move(struct bpf_code *c, uint8_t to, uint8_t from);
void code_number(struct bpf_code *c, uint8_t to, int32_t n);
void code_plus(struct bpf_code *c, uint8_t to, int32_t n);
void code_call(struct bpf_code *c, int32_t helper);
/* A map by a number of ours, which becomes its descriptor when the program is loaded. kind:
 * BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE. */
void code_map(struct bpf_code *c, uint8_t to, uint8_t kind, int32_t map);
/* Jumps forward to where code_land() is called. condition: BPF_JEQ, … */
uint32_t code_jump(struct bpf_code *c, uint8_t condition, uint8_t reg, int32_t n);
uint32_t code_jump_reg(struct bpf_code *c, uint8_t condition, uint8_t reg, uint8_t other);
uint32_t code_jump_if_zero(struct bpf_code *c, uint8_t reg);
void code_land(struct bpf_code *c, uint32_t from);
void code_back(struct bpf_code *c, uint32_t to); /* to an instruction before */
void code_end(struct bpf_code *c);

#endif
