"""moto's server, with what moto doesn't have: answers of Glue that Trino asks for (no column statistics), the conditions of a bucket's policy, and
functions that are the same whether a mapping of a queue names them by name or by ARN.

Who asks is the role whose name is the access key. What stays on this machine counts as sent by TLS, unless a request says that it came otherwise
(`x-forwarded-proto: http`).
"""

import json
import re
import sys

from flask import request
from moto.awslambda.models import LambdaBackend
from moto.core.exceptions import JsonRESTError
from moto.glue.responses import GlueResponse
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto.server import main

STATISTICS = {
    "get_column_statistics_for_table": {"ColumnStatisticsList": [], "Errors": []},
    "get_column_statistics_for_partition": {"ColumnStatisticsList": [], "Errors": []},
    "update_column_statistics_for_table": {"Errors": []},
    "update_column_statistics_for_partition": {"Errors": []},
    "delete_column_statistics_for_table": {},
    "delete_column_statistics_for_partition": {},
}

for action, answer in STATISTICS.items():
    if not hasattr(GlueResponse, action):
        setattr(GlueResponse, action, lambda self, text=json.dumps(answer): text)


def listed(value):
    return value if isinstance(value, list) else [value]


def like(patterns, text):
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*").replace(r"\?", "."), text, re.S) for one in listed(patterns))


def facts():
    """Keys of conditions (Service Authorization Reference), of this request; those that it doesn't have are left out."""
    key = re.search(r"Credential=([^/]+)/", request.headers.get("authorization", ""))
    known = {
        "aws:PrincipalArn": f"arn:aws:iam::123456789012:role/{key[1]}" if key else None,
        "aws:SecureTransport": "false" if request.headers.get("x-forwarded-proto") == "http" else "true",
        "s3:if-none-match": request.headers.get("if-none-match"),
        "s3:ObjectCreationOperation": "false" if "partNumber" in request.args else "true",
    }
    return {name: value for name, value in known.items() if value is not None}


CONDITIONS = {
    "Bool": lambda wanted, found: found is not None and found in listed(wanted),
    "Null": lambda wanted, found: ("true" if found is None else "false") in listed(wanted),
    "ArnNotEquals": lambda wanted, found: found is None or not like(wanted, found),
}


def permission(bucket, action, resource):
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    found, known = PermissionResult.NEUTRAL, facts()
    for statement in listed(json.loads(bucket.policy)["Statement"]):
        conditions = [
            CONDITIONS[test](wanted, known.get(name))
            for test, wants in statement.get("Condition", {}).items()
            for name, wanted in wants.items()
        ]
        # S3 has no right of its own to look at an object's head.
        acts = like(statement["Action"], action.replace("HeadObject", "GetObject"))
        if acts and like(statement["Resource"], resource) and all(conditions):
            if statement["Effect"] == "Deny":
                return PermissionResult.DENIED
            found = PermissionResult.PERMITTED
    return found


FakeBucket.get_permission = permission


def mappings(self, event_source_arn, function_name):
    def calls(mapping, function):
        return mapping.function_arn == function or mapping.function_arn.endswith(f":function:{function}")

    return [
        one
        for one in self._event_source_mappings.values()
        if event_source_arn in (None, "", one.event_source_arn) and (not function_name or calls(one, function_name))
    ]


def map_once(self, spec, make=LambdaBackend.create_event_source_mapping):
    if self.list_event_source_mappings(spec["EventSourceArn"], spec["FunctionName"]):
        raise JsonRESTError("ResourceConflictException", "An event source mapping of this queue and function already exists.")
    return make(self, spec)


LambdaBackend.list_event_source_mappings = mappings
LambdaBackend.create_event_source_mapping = map_once

sys.exit(main(sys.argv[1:]))
