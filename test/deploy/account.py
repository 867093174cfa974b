"""One request to the account: from the provider by HTTP, to moto by boto3, which refuses what its models do not know.

Kept here is what moto does not do (a subscription to QuickSight, event destinations of SES, changes of workgroups, removal of saved queries, several at a time), and what each
resource was last given, which is what its service would answer when it is asked about it.
"""

import json
import re
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

moto, region = sys.argv[1:3]
clients, lock = {}, threading.Lock()
remembered, destinations, removed_queries = {}, {}, set()


def client(service):
    with lock:
        if service not in clients:
            clients[service] = boto3.client(
                service,
                endpoint_url=moto,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(max_pool_connections=16, retries={"max_attempts": 1}),
            )
        return clients[service]


class Refused(Exception):
    pass


def event_destination(operation, asked):
    key = f"{asked['ConfigurationSetName']}|{asked['EventDestinationName']}"
    client("sesv2").get_configuration_set(ConfigurationSetName=asked["ConfigurationSetName"])
    if operation.startswith("Create"):
        if key in destinations:
            raise Refused("AlreadyExistsException", f"Event destination {key} already exists.")
    elif key not in destinations:
        raise Refused("NotFoundException", f"Event destination {key} does not exist.")
    if operation.startswith("Delete"):
        del destinations[key]
    elif not operation.startswith("Get"):
        destinations[key] = asked["EventDestination"]
    return {}


def workgroup(asked):
    if not client("athena").get_work_group(WorkGroup=asked["WorkGroup"]).get("WorkGroup"):
        raise Refused("InvalidRequestException", f"WorkGroup {asked['WorkGroup']} is not found.")
    return {}


def named_query(operation, asked):
    if operation == "DeleteNamedQuery":
        removed_queries.add(asked["NamedQueryId"])
    elif asked["NamedQueryId"] in removed_queries:
        raise Refused("InvalidRequestException", "Named query does not exist.")
    else:
        return client("athena").get_named_query(**asked)
    return {}


OWN = {
    "CreateConfigurationSetEventDestination": event_destination,
    "UpdateConfigurationSetEventDestination": event_destination,
    "DeleteConfigurationSetEventDestination": event_destination,
    "GetConfigurationSetEventDestination": event_destination,
    "UpdateWorkGroup": lambda _, asked: workgroup(asked),
    "DeleteNamedQuery": named_query,
    "GetNamedQuery": named_query,
}


def empty(bucket):
    s3 = client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    return {}


def answer(service, operation, asked):
    if operation == "EmptyBucket":
        return empty(asked["Bucket"])
    if operation == "Remember":
        if asked["inputs"] is None:
            remembered.pop(asked["key"], None)
        else:
            remembered[asked["key"]] = asked["inputs"]
        return {}
    if operation == "Recall":
        return {"inputs": remembered.get(asked["key"])}
    if operation in OWN:
        return OWN[operation](operation, asked)
    asked = dict(asked)
    if operation == "PutObject" and "File" in asked:
        with open(asked.pop("File"), "rb") as file:
            asked["Body"] = file.read()
    said = getattr(client(service), xform_name(operation))(**asked)
    said.pop("ResponseMetadata", None)
    return said


class Handler(BaseHTTPRequestHandler):
    """The provider's requests are posted to /provider; those of the stacks themselves are passed on to moto."""

    protocol_version = "HTTP/1.1"

    def pass_on(self):
        if self.path.startswith("/account/"):
            subscribed = {"AccountSubscriptionStatus": "ACCOUNT_CREATED", "Edition": "ENTERPRISE"}
            self.reply(200, {"content-type": "application/json"}, json.dumps({"AccountInfo": subscribed}).encode())
            return
        found = re.fullmatch(r"/v2/email/configuration-sets/([^/]+)/event-destinations/?(\?.*)?", self.path)
        if found and self.command == "GET":
            names = [key.split("|")[1] for key in destinations if key.startswith(found[1] + "|")]
            self.reply(200, {}, json.dumps({"EventDestinations": [{"Name": name} for name in names]}).encode())
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("x-amz-target") == "AmazonAthena.BatchGetNamedQuery":
            ids = [one for one in json.loads(body)["NamedQueryIds"] if one not in removed_queries]
            queries = [client("athena").get_named_query(NamedQueryId=one)["NamedQuery"] for one in ids]
            self.reply(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps({"NamedQueries": queries}).encode())
            return
        asked = urllib.request.Request(moto + self.path, data=body or None, method=self.command)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "content-length", "host"):
                asked.add_header(name, value)
        try:
            with urllib.request.urlopen(asked) as said:
                self.reply(said.status, said.headers, said.read())
        except urllib.error.HTTPError as error:
            self.reply(error.code, error.headers, error.read())

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_DELETE = pass_on

    def do_POST(self):
        if self.path != "/provider":
            self.pass_on()
            return
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            said = {"answer": answer(asked["service"], asked["operation"], asked["input"])}
        except ClientError as error:
            said = {"code": error.response["Error"]["Code"], "message": str(error)}
        except ParamValidationError as error:
            said = {"code": "ValidationException", "message": str(error)}
        except Refused as error:
            said = {"code": error.args[0], "message": error.args[1]}
        self.reply(200, {}, json.dumps(said, default=str).encode())

    def log_message(self, *_):
        pass


# Many resources are changed at once, on a machine that may be busy.
ThreadingHTTPServer.request_queue_size = 256
# Of a provider that was killed nobody waits for the answer.
ThreadingHTTPServer.handle_error = lambda *_: None
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
