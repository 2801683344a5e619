/* What boot loaders and firmware keep: bytes to facts. */
#ifndef SENSOR_BOOT_BOOT_TEXT_H
#define SENSOR_BOOT_BOOT_TEXT_H

#include "core/arena.h"
#include "core/span.h"

/* An entry of grub.cfg, or an entry file of systemd-boot. */
struct boot_entry {
	struct span kernel;  /* path as the loader sees it */
	struct span options; /* the command line behind it */
};

/* The next entry of grub.cfg off the front of *rest; false: there is none. */
bool boot_grub_entry(struct span *rest, struct boot_entry *ret);
/* loader/entries/NAME.conf; false: no kernel in it. */
bool boot_loader_entry(struct span text, struct boot_entry *ret);

/* A command line with one blank between words and without what loaders put in themselves
 * (BOOT_IMAGE=, initrd=) or the configuration leaves to a variable. */
struct span boot_options(struct span line, struct arena *a);

/* The kernel release in the name of a file of /boot. */
enum boot_file { BOOT_FILE_OTHER, BOOT_FILE_KERNEL, BOOT_FILE_INITRAMFS };
enum boot_file boot_file_of(struct span name, struct span *ret_release);

/* "none [integrity] confidentiality": what is in brackets, else all of it. */
struct span boot_chosen(struct span text);

/* The description in an EFI Boot#### variable, attributes in front: UTF-16 to UTF-8, in a. */
struct span boot_efi_description(struct span variable, struct arena *a);

/* First value of a key in /proc/cpuinfo. */
struct span boot_cpuinfo(struct span text, const char *key);

#endif
