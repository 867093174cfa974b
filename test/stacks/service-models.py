"""Writes what botocore's models say about the requests that the stacks' resources become: members, lengths, patterns, enums.

usage: python test/stacks/service-models.py OPERATION... > test/fixtures/aws/service-models.json, an operation as `glue.CreateTable`. Sorted, so that a newer
botocore changes only what has changed. Where it comes from: botocore (Apache License 2.0), data/*/service-2.json.
"""

import json
import re
import sys

import botocore.session

KEPT = ("type", "required", "min", "max", "pattern", "enum")


def reachable(shapes, name, found):
    if name in found:
        return
    shape = shapes[name]
    found[name] = kept = {key: shape[key] for key in KEPT if key in shape}
    inner = {}
    if "members" in shape:
        kept["members"] = inner = {key: member["shape"] for key, member in sorted(shape["members"].items())}
    if "member" in shape:
        kept["member"] = shape["member"]["shape"]
    if "key" in shape:
        kept["key"], kept["value"] = shape["key"]["shape"], shape["value"]["shape"]
    for each in [*inner.values(), *(kept[key] for key in ("member", "key", "value") if key in kept)]:
        reachable(shapes, each, found)


loader = botocore.session.get_session().get_component("data_loader")
services = {}
for wanted in sorted(sys.argv[1:]):
    service, operation = wanted.split(".")
    model = loader.load_service_model(service, "service-2")
    made = services.setdefault(service, {"operations": {}, "shapes": {}})
    shape = model["operations"][operation]["input"]["shape"]
    made["operations"][operation] = shape
    reachable(model["shapes"], shape, made["shapes"])
# A shape a line.
for service in services.values():
    service["shapes"] = {name: json.dumps(shape, sort_keys=True) for name, shape in sorted(service["shapes"].items())}
text = json.dumps(services, indent=1, sort_keys=True)
print(re.sub(r'": ("\{.*\}")(?=,?$)', lambda found: '": ' + json.loads(found[1]), text, flags=re.M))
