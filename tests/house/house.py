#!/usr/bin/python3
"""The house rules that a program can check. `house.py NAME` checks one of them, `house.py` all, and
`house.py --self` proves that each check fails on a violation planted in a small tree of its own.

A finding is printed as file:line: what. Status 0: none, 1: some, 77: a tool is missing."""
import glob
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

FILE_LINES = 600
FUNCTION_LINES = 60
FUZZER_LINES = 25
LIBRARIES = ("core", "os", "entity", "policy", "store", "sensor", "change", "output", "wire")
CODE = (".c", ".h")
CODE_FOLDERS = ("src/", "tests/", "fuzz/", "bench/")


class MissingTool(Exception):
    pass


# --- reading the tree -----------------------------------------------------------------------------

@functools.lru_cache
def files():
    """Every file of the tree: what git knows, or, outside git, what is there."""
    git = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, check=False) if os.path.isdir(".git") else None
    if git and git.returncode == 0:
        names = git.stdout.decode().split("\0")
    else:
        names = [os.path.relpath(os.path.join(folder, name))
                 for folder, _, inside in os.walk(".") for name in inside]
    return sorted(name for name in names if name and os.path.isfile(name)
                  and not name.startswith(("build/", ".quickstart/")))


@functools.lru_cache
def text(name):
    with open(name, encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def code_files(*folders):
    return [f for f in files() if f.endswith(CODE) and f.startswith(folders or CODE_FOLDERS)]


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def blanked(source, keep_strings=False):
    """C without comments (and strings); every line stays where it is."""
    def blank(match):
        token = match.group()
        if keep_strings and token[0] in "\"'":
            return token
        return "\n" * token.count("\n") if token[0] == "/" else token[0] * 2
    return TOKEN.sub(blank, source)


def numbered(source):
    return enumerate(source.split("\n"), 1)


# --- the checks: each yields (file, line, what) ---------------------------------------------------

def layer_rules():
    rules = {}
    for _, line in numbered(text("tests/house/layers")):
        words = line.split("#")[0].split()
        if words:
            rules[words[0]] = set(words[1:])
    return rules


def room(path):
    """The room of sensor/ a file is in: 'sensor/file', or None."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "sensor" and len(parts) > 2 else None


def may_include(rules, me, header):
    layer, target = me.split("/")[0], header.split("/")[0]
    allowed = rules.get(me, rules[layer])
    if me in rules or target != layer:
        return target in allowed or header in allowed
    mine, other = room(me), room(header)
    return other is None or mine == other or mine is None


def check_layers():
    rules = layer_rules()
    for f in code_files("src/"):
        me = f[len("src/"):]
        if me.split("/")[0] not in rules:
            yield f, 1, "is in a folder that tests/house/layers does not know"
            continue
        for n, line in numbered(text(f)):
            m = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if m and "/" not in m.group(1):
                yield f, n, f"includes '{m.group(1)}' without its folder"
            elif m and not may_include(rules, me, m.group(1)):
                yield f, n, f"may not include '{m.group(1)}'"


WINDOWS_DEFINITIONS = "-DUNICODE -D_UNICODE -DWIN32_LEAN_AND_MEAN -DNOMINMAX -D_WIN32_WINNT=0x0A00".split()
PURE_HEADERS = set("""assert ctype cpuid errno float immintrin inttypes limits math setjmp stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string time x86intrin""".split())


def of_windows(f):
    """Compiled for Windows alone."""
    return "/windows/" in f or f.endswith(("_windows.c", "_windows.h"))


def check_pure():
    """core and entity are C alone; Windows' headers are for what is Windows' alone."""
    for f in code_files("src/"):
        for n, line in numbered(text(f)):
            m = re.match(r"\s*#\s*include\s*<([^>]+)\.h>", line)
            if not m:
                continue
            if f.startswith(("src/core/", "src/entity/")) and m.group(1) not in PURE_HEADERS:
                yield f, n, f"<{m.group(1)}.h> is not part of pure C"
            if m.group(1).lower() in ("windows", "winsock2") and not of_windows(f):
                yield f, n, "Windows' headers are for files of Windows: windows/… or …_windows.c"


def functions(source):
    """(first line, lines, excused) of each function; clang-format put the braces in column 0."""
    lines = source.split("\n")
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            head = start - 1
            while head > 0 and lines[head - 1].strip() and not lines[head - 1].startswith("}") \
                    and not lines[head - 1].rstrip().endswith((";", "*/")):
                head -= 1
            above = head - 1
            comment = ""
            if above >= 0 and lines[above].rstrip().endswith("*/"):
                while above > 0 and "/*" not in lines[above]:
                    above -= 1
                comment = "\n".join(lines[above:head])
            yield head + 1, i - start + 1, "house: long because " in comment
            start = None


def check_sizes():
    for f in code_files():
        count = text(f).count("\n")
        if count > FILE_LINES and "house: long because " not in text(f)[:400]:
            yield f, count, f"has {count} lines; {FILE_LINES} at most"
        limit = FUZZER_LINES if re.match(r"fuzz/fuzz_", f) else FUNCTION_LINES
        for line, length, excused in functions(text(f)):
            if length > limit and not excused:
                yield f, line, f"function of {length} lines; {limit} at most"


BANNED_CALLS = re.compile(r"(?<![\w.>])(system|popen|sprintf|vsprintf|strcpy|stpcpy|strcat|strncpy"
                          r"|strncat|gets|strtok|tmpnam|tempnam|mktemp|alloca|atoi|atol|atoll|atof"
                          r"|signal|localtime|gmtime|ctime|asctime|execlp|execvp|execvpe"
                          r"|getenv_s|rand|srand)\s*\(")
PRINTING = re.compile(r"(?<![\w.>])((?:printf|vprintf|puts|putchar|perror|exit)\s*\(|stderr\b|stdout\b)")
# SQL is text of ours; values are bound, never printed into it.
SQL = re.compile(r'"\s*(SELECT |INSERT |UPDATE |DELETE FROM|CREATE |DROP )[^"]*%[dsluxzq]')
TYPEDEF = re.compile(r"^typedef\s+[^(]*$")
GOTO = re.compile(r"\bgoto\s+(?!again|retry)\w+")


def check_banned():
    rows = [
        (BANNED_CALLS, False, "'{}' is banned", lambda f: True),
        (PRINTING, False, "'{}': a library neither prints nor exits",
         lambda f: f.split("/")[1] in LIBRARIES),
        (re.compile(r'("/tmp\b|"/var/tmp\b)'), True, "'{}': no fixed temporary path", lambda f: True),
        (SQL, True, "'{}': SQL takes values by binding", lambda f: True),
        (TYPEDEF, False, "'{}': no typedef but of functions", lambda f: True),
        (GOTO, False, "'{}': goto is for 'again' and 'retry'", lambda f: True),
    ]
    allowed = {tuple(line.split()[:2]) for _, line in numbered(text("tests/house/allowed"))
               if line.strip() and not line.startswith("#")}
    for f in code_files("src/"):
        bare, with_strings = blanked(text(f)), blanked(text(f), keep_strings=True)
        for pattern, strings, what, where in rows:
            if not where(f):
                continue
            for n, line in numbered(with_strings if strings else bare):
                m = pattern.search(line)
                if m and (f, m.group(1 if m.lastindex else 0).rstrip("( ")) not in allowed:
                    yield f, n, what.format(m.group().strip())


def check_todo():
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b(?!ING)")
    for f in files():
        if f.endswith((".c", ".h", ".cmake", ".sh", ".py", ".md", ".txt", ".yaml")) \
                and not f.startswith("tests/data/"):
            for n, line in numbered(text(f)):
                m = marks.search(line)
                if m:
                    yield f, n, f"'{m.group()}': an issue, not a mark in the code"


def check_format():
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        raise MissingTool("clang-format-14")
    names = code_files()
    run = subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", *names],
                         capture_output=True, text=True, check=False) if names else None
    for line in run.stderr.split("\n") if run else []:
        m = re.match(r"(.+?):(\d+):\d+: error", line)
        if m:
            yield m.group(1), int(m.group(2)), "clang-format would write this differently"


def check_guards():
    for f in files():
        if f.endswith(".h") and f.startswith("src/"):
            parts = f[:-2].split("/")[1:]
            want = "_".join(parts).upper().replace("-", "_") + "_H"
            short = "_".join([parts[0], parts[-1]]).upper().replace("-", "_") + "_H"
            if not any(re.search(rf"^#ifndef {g}\n#define {g}$", text(f), re.M) for g in (want, short)):
                yield f, 1, f"include guard {want} is missing"


def check_headers():
    """Every header compiles alone: a file that includes it needs nothing before it."""
    gcc, mingw = shutil.which("gcc"), shutil.which("x86_64-w64-mingw32-gcc")
    if not gcc:
        raise MissingTool("gcc")
    for f in files():
        if not (f.startswith("src/") and f.endswith(".h")) or (of_windows(f) and not mingw):
            continue
        compiler = [mingw, *WINDOWS_DEFINITIONS] if of_windows(f) else [gcc, "-D_GNU_SOURCE"]
        run = subprocess.run([*compiler, "-std=gnu17", "-DINVAR_VERSION=\"0\"", "-Isrc",
                              "-fsyntax-only", "-x", "c", "-include", f, "/dev/null"],
                             capture_output=True, text=True, check=False)
        if run.returncode:
            yield f, 1, "does not compile alone: " + run.stderr.strip().split("\n")[0]


def lists_of(name):
    """A list, and those of single areas beside it: tests/e2e/tests.cmake and tests/e2e/rooms/*.cmake."""
    names = [name] + sorted(glob.glob(os.path.dirname(name) + "/rooms/*.cmake"))
    return "\n".join(re.sub(r"#.*", "", text(n)) for n in names if os.path.isfile(n))


def listed_in(name, pattern):
    return set(re.findall(pattern, lists_of(name), re.M))


def check_listed():
    """A file nobody listed is a file nobody builds."""
    for f in files():
        parts = f.split("/")
        if f.startswith("src/") and f.endswith(".c") and parts[-1] != "main.c":
            lists = [f"{'/'.join(parts[:n])}/sources.cmake" for n in range(len(parts) - 1, 1, -1)]
            lists.append("CMakeLists.txt")
            if not any(os.path.isfile(s) and f in text(s).split() for s in lists):
                yield f, 1, f"is not listed in {lists[0]}"
        m = re.fullmatch(r"tests/(\w+)/test_(\w+)\.c", f)
        if m and m.group(2) not in listed_in(f"tests/{m[1]}/tests.cmake", r"\w+\((?:\w+ )??(\w+)[ )]") \
                and not re.search(rf"\b{m[2]}\b", lists_of(f"tests/{m[1]}/tests.cmake")):
            yield f, 1, f"is not listed in tests/{m[1]}/tests.cmake"
        m = re.fullmatch(r"tests/e2e/(\w+)\.sh", f)
        if m and text(f).startswith("#!") \
                and m[1] not in listed_in("tests/e2e/tests.cmake", r"e2e_test\(([\w-]+)"):
            yield f, 1, "is not listed in tests/e2e/tests.cmake"
        if m and text(f).startswith("#!") and not os.access(f, os.X_OK):
            yield f, 1, "is a test that cannot be run: chmod +x"


def check_fuzzers():
    names = listed_in("fuzz/fuzzers.cmake", r"fuzzer\((\w+)")
    for f in files():
        m = re.fullmatch(r"fuzz/fuzz_(\w+)\.c", f)
        if m and m[1] not in names:
            yield f, 1, "is not listed in fuzz/fuzzers.cmake"
    for name in sorted(names):
        if not os.path.isfile(f"fuzz/fuzz_{name}.c"):
            yield "fuzz/fuzzers.cmake", 1, f"lists fuzz_{name}.c, which is not there"
        if not any(f.startswith(f"fuzz/corpus/{name}/") for f in files()):
            yield f"fuzz/fuzz_{name}.c", 1, f"has no corpus in fuzz/corpus/{name}"


def is_shell(f):
    if f.endswith((".sh", ".bash")):
        return True
    with open(f, "rb") as head:
        return re.match(rb"#! ?/bin/(ba|da)?sh", head.read(20)) is not None


def check_scripts():
    tool = shutil.which("shellcheck")
    for f in files():
        if f.endswith(".py"):
            try:
                compile(text(f), f, "exec")
            except SyntaxError as e:
                yield f, e.lineno or 1, f"is not Python: {e.msg}"
        elif f.endswith(".json"):
            try:
                json.loads(text(f))
            except ValueError as e:
                yield f, getattr(e, "lineno", 1), f"is not JSON: {e}"
        elif not f.startswith(("fuzz/corpus/", "tests/data/")) and is_shell(f):
            run = subprocess.run(["bash", "-n", f], capture_output=True, text=True, check=False)
            if run.returncode:
                yield f, 1, run.stderr.strip()
            elif tool:
                run = subprocess.run([tool, "-S", "warning", "-e", "SC2034", "-x", "-f", "gcc", f],
                                     capture_output=True, text=True, check=False)
                for line in run.stdout.strip().split("\n") if run.stdout.strip() else []:
                    where = line.split(":", 3)
                    yield f, int(where[1]), where[3].strip()


def links(source):
    """Targets of Markdown links to files of the repository."""
    for n, line in numbered(re.sub(r"```.*?```", lambda m: "\n" * m.group().count("\n"), source, flags=re.S)):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
            if "://" not in target and not target.startswith("mailto:"):
                yield n, target


def check_links():
    for f in files():
        if f.endswith(".md") and not f.startswith("tests/"):
            for n, target in links(text(f)):
                if not os.path.exists(os.path.join(os.path.dirname(f), target)):
                    yield f, n, f"links to '{target}', which is not there"


CHECKS = {
    "layers": check_layers, "pure": check_pure, "sizes": check_sizes, "banned": check_banned,
    "todo": check_todo, "format": check_format, "guards": check_guards, "headers": check_headers,
    "listed": check_listed, "fuzzers": check_fuzzers, "scripts": check_scripts, "links": check_links,
}


def run_checks(names):
    status = 0
    for name in names:
        try:
            found = list(CHECKS[name]())
        except MissingTool as e:
            print(f"{name}: needs {e}", file=sys.stderr)
            return 77
        for f, line, what in found:
            print(f"{f}:{line}: {what}")
        print(f"house/{name}: {len(found)} findings")
        status |= bool(found)
    return status


# --- the proof that a check can fail --------------------------------------------------------------

def main():
    names = sys.argv[1:]
    if names == ["--self"]:
        from planted import PLANTED, plant
        rules = text("tests/house/layers")
        style = text(".clang-format")
        bad = 0
        for name, path, body, why in PLANTED:
            with tempfile.TemporaryDirectory() as folder:
                plant(folder, rules, style, path, body)
                run = subprocess.run([sys.executable, os.path.abspath(__file__), name], cwd=folder,
                                     capture_output=True, text=True, check=False)
            want = 1 if why else 0
            if run.returncode == 77:
                print(f"skip {name}: {run.stderr.strip()}")
            elif run.returncode != want or (why and why not in run.stdout):
                bad += 1
                print(f"FAIL {name} on {path}: expected {why or 'no finding'}, got status "
                      f"{run.returncode}: {run.stdout}{run.stderr}")
        print(f"{len(PLANTED)} planted cases, {bad} judged wrongly")
        return 1 if bad else 0
    unknown = [n for n in names if n not in CHECKS]
    if unknown:
        print(f"no check '{unknown[0]}'; there are: {' '.join(CHECKS)}", file=sys.stderr)
        return 2
    return run_checks(names or CHECKS)


if __name__ == "__main__":
    sys.exit(main())
