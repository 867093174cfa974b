"""Writes test/fixtures/aws/commands.json: options of the AWS CLI's commands that documents name, from the services' own models.

Run by hand where a document names a new one, with a Python that has botocore (that of test/engines/install.ts):
    python test/aws-commands.py
"""

import glob
import json
import os
import re

import botocore.session
from botocore import xform_name

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
COMMAND = re.compile(r"\baws ([a-z0-9]+) ([a-z]+(?:-[a-z]+)*)")
# Of the command line alone, not of a service's model.
OWN = {
    "logs tail": ["since", "follow", "filter-pattern", "format"],
    "s3 cp": ["content-type", "recursive"],
    "s3 ls": ["recursive"],
    "s3 presign": ["expires-in"],
    "s3 sync": ["delete", "exclude", "include"],
}


def documents():
    for pattern in ["*.md", "functions/**/*.md", "stacks/**/*.md", "sql/**/*.md", "test/**/*.md"]:
        yield from glob.glob(os.path.join(ROOT, pattern), recursive=True)


def options(service, command):
    model = botocore.session.get_session().get_service_model("s3" if service == "s3api" else service)
    for name in model.operation_names:
        if xform_name(name, "-") == command:
            shape = model.operation_model(name).input_shape
            members = shape.members.items() if shape else []
            flags = [xform_name(member, "-") for member, _ in members]
            flags += ["no-" + xform_name(member, "-") for member, of in members if of.type_name == "boolean"]
            return sorted(flags)
    raise SystemExit(f"no such command: aws {service} {command}")


named = set()
for path in documents():
    with open(path, encoding="utf8") as file:
        named.update(COMMAND.findall(file.read()))
commands = {
    f"{service} {command}": OWN.get(f"{service} {command}") or options(service, command)
    for service, command in sorted(named)
}
with open(os.path.join(ROOT, "test", "fixtures", "aws", "commands.json"), "w", encoding="utf8") as file:
    json.dump(commands, file, indent=2)
    file.write("\n")
