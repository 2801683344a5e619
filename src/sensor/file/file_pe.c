#include "sensor/file/file_pe.h"

#define DOS_HEAD 64
#define DOS_NEW 60          /* where the offset of the header stands */
#define COFF_FLAGS 22       /* from "PE": Characteristics */
#define COFF_N 24           /* signature and COFF header */
#define OPTIONAL_SYSTEM 68  /* Subsystem, in both sizes of the optional header */
#define FLAG_LIBRARY 0x2000 /* IMAGE_FILE_DLL */
#define SYSTEM_NATIVE 1
#define SYSTEM_EFI 10 /* … to 13 */

static uint32_t number(struct span s, size_t at, unsigned bytes)
{
	uint32_t n = 0;

	for (unsigned i = bytes; i > 0; i--)
		n = n << 8 | (unsigned char)s.p[at + i - 1];
	return n;
}

static const char *kind_of(unsigned flags, unsigned system)
{
	if (system >= SYSTEM_EFI && system <= SYSTEM_EFI + 3)
		return "pe:efi";
	if (system == SYSTEM_NATIVE)
		return "pe:native";
	return flags & FLAG_LIBRARY ? "pe:library" : "pe:program";
}

void file_pe_kind(struct span head, struct buf *ret)
{
	uint32_t at;

	if (head.n > FILE_PE_HEAD)
		head.n = FILE_PE_HEAD;
	if (!span_starts(head, span_of("MZ")) && !span_starts(head, span_of("ZM")))
		return;
	at = head.n >= DOS_HEAD ? number(head, DOS_NEW, 4) : UINT32_MAX;
	if (at > FILE_PE_HEAD || head.n < at + COFF_N + OPTIONAL_SYSTEM + 2 ||
		memcmp(head.p + at, "PE\0", 4) != 0) {
		buf_add_text(ret, "mz");
		return;
	}
	buf_add_text(ret, kind_of(number(head, at + COFF_FLAGS, 2),
				  number(head, at + COFF_N + OPTIONAL_SYSTEM, 2)));
}
