#!/usr/bin/env python3
"""Read the golden files as their readers do: JSON, CEF, LEEF and RFC 5424 taken apart by their own
rules, and OCSF held against the attributes that 1.8.0 requires of each class."""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = ["activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata"]
CLASSES = {
    0: [],
    1001: ["actor", "device", "file"],
    1002: ["actor", "device", "driver"],
    1006: ["device", "job"],
    1007: ["actor", "device", "process"],
    2004: ["finding_info"],
    3001: ["user"],
    3004: ["entity"],
    3006: ["group"],
    4001: ["dst_endpoint"],
    6002: ["app"],
    6007: ["scan"],
}
ACTIVITIES = {
    0: {99}, 1001: set(range(1, 15)), 1002: {1, 2, 99}, 1006: set(range(1, 7)) | {99},
    1007: {1, 2, 99}, 2004: {1, 2, 3}, 3001: set(range(1, 10)) | {99}, 3004: {1, 2, 3, 4, 6, 7},
    3006: set(range(1, 7)) | {99}, 4001: {1, 2, 7, 99}, 6002: {1, 2, 3, 4, 6, 7, 8, 99},
    6007: {1, 2, 3, 6},
}
OBJECTS = {
    "file": ["name", "type_id"], "file_result": ["name", "type_id"], "job": ["name", "file"],
    "driver": ["file"], "finding_info": ["uid", "title"], "scan": ["type_id"],
    "metadata": ["version", "product"], "device": ["type_id"],
    "connection_info": ["direction_id"], "os": ["name", "type_id"],
}
ECS_PAIRS = {
    "file": "access change creation deletion info", "iam": "admin change creation deletion group info user",
    "process": "start end change info access", "driver": "start end change info",
    "configuration": "access change creation deletion info", "host": "access change end info start",
    "package": "access change deletion info installation start",
    "network": "access allowed connection denied end info protocol start",
}
failures = []


def need(condition, *words):
    if not condition:
        failures.append(" ".join(str(w) for w in words))


def lines(name):
    with open(os.path.join(HERE, name), "rb") as f:
        text = f.read().decode("utf-8")
    need(text.endswith("\n"), name, "does not end with a newline")
    for n, line in enumerate(text[:-1].split("\n"), 1):
        for c in line:
            need(ord(c) >= 32 and ord(c) != 127 or (name == "leef" and c == "\t"),
                 name, n, "holds a control character")
        yield n, line


def check_objects(n, value):
    if isinstance(value, list):
        for v in value:
            check_objects(n, v)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name == "unmapped" or name == "data":
            continue
        for key in OBJECTS.get(name, []) if isinstance(inner, dict) else []:
            need(key in inner, "ocsf", n, name, "has no", key)
        check_objects(n, inner)


def check_ocsf():
    for n, line in lines("ocsf"):
        o = json.loads(line)
        cls, act = o["class_uid"], o["activity_id"]
        for key in BASE + CLASSES[cls]:
            need(key in o, "ocsf", n, "has no", key)
        need(act in ACTIVITIES[cls], "ocsf", n, "class", cls, "has no activity", act)
        need(o["type_uid"] == cls * 100 + act, "ocsf", n, "type_uid")
        need(o["category_uid"] == cls // 1000, "ocsf", n, "category_uid")
        need(1 <= o["severity_id"] <= 5, "ocsf", n, "severity_id")
        need(isinstance(o["time"], int) and o["time"] > 10**12, "ocsf", n, "time")
        need(act != 99 or o.get("activity_name"), "ocsf", n, "activity 99 has no name")
        need(o["metadata"]["version"] == "1.8.0", "ocsf", n, "version")
        check_objects(n, o)


def check_ecs():
    for n, line in lines("ecs"):
        o = json.loads(line)
        for key in ("@timestamp", "ecs", "event", "message", "host", "agent"):
            need(key in o, "ecs", n, "has no", key)
        e = o["event"]
        need(e["kind"] in ("event", "alert", "state", "pipeline_error"), "ecs", n, "kind")
        for category in e["category"]:
            for kind in e["type"]:
                need(kind in ECS_PAIRS[category].split(), "ecs", n, category, kind)


def check_cef():
    for n, line in lines("cef"):
        parts = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
        need(len(parts) == 8 and parts[0] == "CEF:0", "cef", n, "header")
        need(0 <= int(parts[6]) <= 10, "cef", n, "severity")
        found = re.findall(r"(?:^| )([A-Za-z0-9]+)=((?:[^=\\]|\\[\\=rn])*)(?= [A-Za-z0-9]+=|$)", parts[7])
        pairs = dict(found)
        need(len(pairs) == len(found), "cef", n, "has a key twice")
        rest = " ".join(f"{k}={v}" for k, v in found)
        need(rest == parts[7], "cef", n, "cannot be taken apart")
        for key in pairs:
            if re.fullmatch(r"(cs|cn|flexString)\d", key):
                need(key + "Label" in pairs, "cef", n, key, "has no label")
        need(int(pairs["rt"]) > 10**12 and pairs["dvchost"] == "web7", "cef", n, "rt, dvchost")


def check_leef():
    for n, line in lines("leef"):
        parts = line.split("|", 6)
        need(parts[0] == "LEEF:2.0" and parts[5] == "x09", "leef", n, "header")
        pairs = [p.split("=", 1) for p in parts[6].split("\t")]
        need(all(len(p) == 2 and p[0].isalnum() for p in pairs), "leef", n, "pairs")
        d = dict(pairs)
        need(len(d) == len(pairs), "leef", n, "has a key twice")
        need(1 <= int(d["sev"]) <= 10 and int(d["devTime"]) > 10**12, "leef", n, "sev, devTime")


def check_syslog():
    head = re.compile(
        r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([!-~]{1,255}) ([!-~]{1,48}) "
        r"([!-~]{1,128}) ([!-~]{1,32}) "
        r"\[invar@32473((?: [!-<>-\\^-~]+=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*)\] (.*)")
    for n, line in lines("syslog"):
        m = head.fullmatch(line)
        need(m, "syslog", n, "is not RFC 5424:", line[:200])
        if m:
            need(int(m[1]) // 8 == 13, "syslog", n, "facility")
            need(m[8].startswith("CEF:0|"), "syslog", n, "is not CEF")


check_ocsf()
check_ecs()
check_cef()
check_leef()
check_syslog()
for f in failures:
    print(f)
sys.exit(bool(failures))
