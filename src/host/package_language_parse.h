/* What pip, npm, gem and snap write about what they installed. Without input or output. */
#ifndef HOST_PACKAGE_LANGUAGE_PARSE_H
#define HOST_PACKAGE_LANGUAGE_PARSE_H

#include "core/arena.h"
#include "core/span.h"

/* Parts that are missing are empty. */
struct language_package {
	struct span name, version, origin;
};

/* METADATA or PKG-INFO, the header of a mail. False: no name. */
bool pip_metadata(struct span text, struct language_package *ret);
/* "PyYAML-6.0.dist-info": when the file says nothing. */
bool pip_folder_name(struct span name, struct language_package *ret);

/* package.json: the members "name", "version" and "author" of the object. Strings are decoded into
 * a. False: not such an object, or no name. */
bool npm_package_json(struct span text, struct arena *a, struct language_package *ret);

/* A gemspec: what its second line says, or s.name and s.version. False: neither. */
bool gem_specification(struct span text, struct language_package *ret);

/* meta/snap.yaml: top-level "version:". Empty: none. */
struct span snap_yaml_version(struct span text);

/* A word of printable characters, as a name or version should be; what else stands there is cut
 * off. */
struct span language_word(struct span text);

#endif
