#include "cli/look.h"

#include "core/escape.h"

void look_say_link(struct buf *ret, const struct look *look)
{
	buf_add_char(ret, '\'');
	escape_text(ret, look->link);
	buf_add_text(ret, "' is a symbolic link to ");
	escape_text(ret, look->target);
}
