"""Small trees with one violation each (or with something that only looks like one), for
`house.py --self`. A row: check, file, its text, a piece of the finding expected ("" = none)."""
import os

LONG_BODY = "\tint n = 0;\n" + "\tn++;\n" * 60 + "\treturn n;\n"
HEADER = "#ifndef CORE_X_H\n#define CORE_X_H\n\n{}\n#endif\n"


def function(body, above=""):
    return f'#include "core/x.h"\n\n{above}int x(void)\n{{\n{body}}}\n'


PLANTED = [
    ("layers", "src/core/x.c", '#include "core/x.h"\n', ""),
    ("layers", "src/core/x.c", '#include "store/store.h"\n', "may not include 'store/store.h'"),
    ("layers", "src/core/x.c", '#include "x.h"\n', "without its folder"),
    ("layers", "src/sensor/file/a.c", '#include "sensor/file/a.h"\n#include "sensor/sensor.h"\n', ""),
    ("layers", "src/sensor/file/a.c", '#include "sensor/user/u.h"\n', "may not include"),
    ("layers", "src/sensor/sensors.c", '#include "sensor/user/u.h"\n', ""),
    ("layers", "src/cli/check.c", '#include "sensor/sensor.h"\n', ""),
    ("layers", "src/cli/check.c", '#include "sensor/file/file.h"\n', "may not include"),
    ("layers", "src/cli/check.c", '#include "agent/agent.h"\n', "may not include"),
    ("layers", "src/cli/main.c", '#include "agent/agent.h"\n#include "cli/command.h"\n', ""),
    ("layers", "src/other/x.c", "\n", "does not know"),
    ("pure", "src/core/x.c", "#include <string.h>\n", ""),
    ("pure", "src/core/x.c", "#include <unistd.h>\n", "not part of pure C"),
    ("pure", "src/os/file.c", "#include <windows.h>\n", "files of Windows"),
    ("sizes", "src/core/x.c", function("\treturn 1;\n"), ""),
    ("sizes", "src/core/x.c", function(LONG_BODY), "function of 64 lines"),
    ("sizes", "src/core/x.c", function(LONG_BODY, "/* house: long because it is a table. */\n"), ""),
    ("sizes", "src/core/x.c", "\n" * 601, "has 601 lines"),
    ("sizes", "fuzz/fuzz_x.c", function("\treturn 1;\n" * 30), "25 at most"),
    ("banned", "src/core/x.c", function("\treturn 1; /* system(x) */\n"), ""),
    ("banned", "src/core/x.c", function('\treturn system("true");\n'), "'system(' is banned"),
    ("banned", "src/core/x.c", function("\treturn my_system(1) + s.system(1);\n"), ""),
    ("banned", "src/core/x.c", function('\tputs("x");\n'), "neither prints nor exits"),
    ("banned", "src/cli/x.c", function('\tputs("x");\n'), ""),
    ("banned", "src/core/x.c", function("\texit(1);\n"), "neither prints nor exits"),
    ("banned", "src/cli/x.c", function('\treturn open("/tmp/x", 0);\n'), "temporary path"),
    ("banned", "src/store/x.c", function('\treturn f("SELECT a FROM b WHERE c = %s");\n'), "binding"),
    ("banned", "src/store/x.c", function('\treturn f("SELECT a FROM b WHERE c = ?1");\n'), ""),
    ("banned", "src/core/x.c", "typedef struct x x;\n", "no typedef"),
    ("banned", "src/core/x.c", "typedef int (*reader)(void *);\n", ""),
    ("banned", "src/core/x.c", function("\tgoto out;\n"), "goto is for"),
    ("todo", "src/core/x.c", "/* TO" "DO: later */\n", "an issue, not a mark"),
    ("todo", "src/core/x.c", "/* todos of people */\n", ""),
    ("format", "src/core/x.c", "int  x;\n", "differently"),
    ("format", "src/core/x.c", "int x;\n", ""),
    ("guards", "src/core/x.h", "int x;\n", "include guard CORE_X_H"),
    ("guards", "src/core/x.h", HEADER.format("int x;\n"), ""),
    ("headers", "src/core/x.h", HEADER.format("size_t x;\n"), "does not compile alone"),
    ("headers", "src/core/x.h", HEADER.format("#include <stddef.h>\nsize_t x;\n"), ""),
    ("listed", "src/core/y.c", "\n", "is not listed in src/core/sources.cmake"),
    ("listed", "src/core/x.c", "\n", ""),
    ("listed", "tests/unit/test_y.c", "\n", "is not listed in tests/unit/tests.cmake"),
    ("listed", "tests/unit/test_x.c", "\n", ""),
    ("listed", "tests/e2e/y.sh", "#!/bin/bash\n", "is not listed in tests/e2e/tests.cmake"),
    ("fuzzers", "fuzz/fuzz_y.c", "\n", "is not listed in fuzz/fuzzers.cmake"),
    ("fuzzers", "fuzz/fuzz_x.c", "\n", "has no corpus"),
    ("fuzzers", "fuzz/corpus/x/seed", "\n", "lists fuzz_x.c, which is not there"),
    ("scripts", "tests/e2e/y.sh", "#!/bin/bash\nif true\n", "syntax error"),
    ("scripts", "tools/y", "#!/bin/bash\nif true\n", "syntax error"),
    ("scripts", "tests/y.py", "def x(:\n", "is not Python"),
    ("scripts", "y.json", "{,}", "is not JSON"),
    ("scripts", "tests/e2e/y.sh", "#!/bin/bash\ntrue\n", ""),
    ("links", "docs/Y.md", "[x](../gone.md)\n", "links to '../gone.md'"),
    ("links", "docs/Y.md", "[x](../tests/house/layers) [y](https://example.org/z)\n", ""),
]

LISTS = {
    "src/core/sources.cmake": "set(CORE_SOURCES\n  src/core/x.c\n)\n",
    "tests/unit/tests.cmake": "unit_test(x core)\n",
    "tests/house/allowed": "",
}


def write(folder, path, body):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(body)
    if path.endswith(".sh"):
        os.chmod(path, 0o755)


def plant(folder, layers, style, path, body):
    """The smallest tree the checks accept, with one file more."""
    write(folder, "tests/house/layers", layers)
    write(folder, ".clang-format", style)
    for name, content in LISTS.items():
        write(folder, name, content)
    if path.startswith("fuzz/"):
        write(folder, "fuzz/fuzzers.cmake", "fuzzer(x core)\n")
    write(folder, path, body)
