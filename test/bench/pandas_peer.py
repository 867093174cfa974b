"""
pandas with pyarrow doing the same work, as somebody would write it: records decoded one by one in Python, three frames,
sorted and written as ZSTD Parquet. It does less than Maillake in the same ways as duckdb.sql.
"""

import hashlib
import json
import re
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from peer import compete

SES = {"Send": "send", "Delivery": "delivered", "Bounce": "hard_bounce", "Open": "open", "Click": "click"}
PINPOINT = {
    "_email.send": "send",
    "_email.delivered": "delivered",
    "_email.hardbounce": "hard_bounce",
    "_email.open": "open",
    "_email.click": "click",
}
DELIVERED = datetime(2026, 3, 3, tzinfo=timezone.utc)
#: Columns that no record of the input fills.
NO_TEXT = (
    "journey_id journey_run_id journey_activity_id tls_version remote_mta_ip complaint_feedback_type complaint_sub_type"
    " delay_type reject_reason template_name error_message contact_list topic_preferences extras"
).split()
NO_TIME = ["complaint_arrived_at", "delay_expires_at"]
OF_CLICKS = (
    "event_id occurred_at sent_at message_id recipient recipient_key recipient_domain source configuration_set campaign_id"
    " campaign_activity_id treatment_id link is_unsubscribe ip_address user_agent client_name device_class is_bot_agent feed"
    " attempt source_key source_ordinal"
).split()
BOT = re.compile("bot|crawl|spider|proxy", re.IGNORECASE)
ADDRESS = re.compile("<([^<>]+)>")
CLIENTS = [("GoogleImageProxy", "Gmail image proxy"), ("iPhone", "Apple Mail"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]


def instant(text):
    return datetime.fromisoformat(text)


def of_ms(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc)


def address_of(text):
    found = ADDRESS.search(text or "")
    return found.group(1) if found else text


def header_of(headers, wanted):
    return next((one["value"] for one in headers if one["name"] == wanted), None)


def first(tags, name):
    return (tags.get(name) or [None])[0]


def ses_rows(record):
    kind, mail = record["eventType"], record["mail"]
    body = record.get(kind.lower()) or {}
    if kind == "Bounce":
        persons = [
            (one["emailAddress"], one.get("action"), one.get("status"), one.get("diagnosticCode"))
            for one in body["bouncedRecipients"]
        ]
    else:
        named = body["recipients"] if kind == "Delivery" else mail["destination"]
        persons = [(one, None, None, None) for one in named]
    sender, tags, arn = mail["commonHeaders"]["from"][0], mail["tags"], mail["sourceArn"]
    row = {
        "source": "ses",
        "feed": "event_publishing",
        "event_type": SES[kind],
        "native_type": kind,
        "occurred_at": instant(body.get("timestamp") or mail["timestamp"]),
        "occurred_at_basis": "event",
        "sent_at": instant(mail["timestamp"]),
        "message_id": mail["messageId"],
        "envelope_from": address_of(mail["source"]),
        "rfc_message_id": header_of(mail["headers"], "Message-ID"),
        "subject": mail["commonHeaders"]["subject"],
        "has_truncated_headers": mail["headersTruncated"],
        "account_id": mail["sendingAccountId"],
        "region": arn.split(":")[3],
        "sending_identity": arn.split("/")[1],
        "application_id": None,
        "configuration_set": first(tags, "ses:configuration-set"),
        "campaign_id": first(tags, "campaign"),
        "campaign_activity_id": None,
        "treatment_id": first(tags, "treatment"),
        "source_ip": first(tags, "ses:source-ip"),
        "outgoing_ip": first(tags, "ses:outgoing-ip"),
        "tags": json.dumps(tags),
        "smtp_response": body.get("smtpResponse"),
        "reporting_mta": body.get("reportingMTA"),
        "processing_time_ms": body.get("processingTimeMillis"),
        "bounce_type": body.get("bounceType"),
        "bounce_sub_type": body.get("bounceSubType"),
        "feedback_id": body.get("feedbackId"),
        "ip_address": body.get("ipAddress"),
        "user_agent": body.get("userAgent"),
        "link": body.get("link"),
    }
    return row, persons, sender, mail, body.get("linkTags"), kind == "Send"


def pinpoint_rows(record):
    kind, event, attributes = record["event_type"], record["facets"]["email_channel"]["mail_event"], record["attributes"]
    mail = event["mail"]
    body = next((event[name] for name in ("delivery", "bounce", "open", "click") if name in event), {})
    if "bounced_recipients" in body:
        persons = [
            (one["email_address"], one.get("action"), one.get("status"), one.get("diagnostic_code"))
            for one in body["bounced_recipients"]
        ]
    else:
        persons = [(one, None, None, None) for one in body.get("recipients") or mail["destination"]]
    row = {
        "source": "pinpoint",
        "feed": "pinpoint",
        "event_type": PINPOINT[kind],
        "native_type": kind,
        "occurred_at": of_ms(record["arrival_timestamp"]),
        "occurred_at_basis": "arrival",
        "sent_at": of_ms(mail["message_send_timestamp"]),
        "message_id": mail["message_id"],
        "envelope_from": mail["from_address"],
        "rfc_message_id": header_of(mail["headers"], "Message-ID"),
        "subject": mail["common_headers"]["subject"],
        "has_truncated_headers": mail["headers_truncated"],
        "account_id": record["awsAccountId"],
        "region": None,
        "sending_identity": None,
        "application_id": record["application"]["app_id"],
        "configuration_set": None,
        "campaign_id": attributes.get("campaign_id"),
        "campaign_activity_id": attributes.get("campaign_activity_id"),
        "treatment_id": attributes.get("treatment_id"),
        "source_ip": None,
        "outgoing_ip": None,
        "tags": json.dumps(attributes),
        "smtp_response": body.get("smtp_response"),
        "reporting_mta": body.get("reporting_mta"),
        "processing_time_ms": body.get("processing_time_millis"),
        "bounce_type": body.get("bounce_type"),
        "bounce_sub_type": body.get("bounce_sub_type"),
        "feedback_id": body.get("feedback_id"),
        "ip_address": body.get("ip_address"),
        "user_agent": body.get("user_agent"),
        "link": body.get("link"),
    }
    return row, persons, mail["common_headers"]["from"], mail, body.get("link_tags"), kind == "_email.send"


def agent_of(agent):
    if agent is None:
        return {"client_name": None, "device_class": None, "is_bot_agent": None}
    name = next((name for mark, name in CLIENTS if mark in agent), "other")
    device = "mobile" if "iPhone" in agent else "desktop"
    return {"client_name": name, "device_class": device, "is_bot_agent": BOT.search(agent) is not None}


def event_id_of(row):
    fields = [row[name] or "" for name in ("source", "event_type", "message_id", "recipient_key")]
    fields.append(str(int(row["occurred_at"].timestamp() * 1000)))
    fields += [row[name] or "" for name in ("feedback_id", "ip_address", "user_agent", "link")]
    return hashlib.sha256("\x1f".join(fields).encode()).hexdigest()[:32]


def click_of(row, link_tags):
    url = urlsplit(row["link"])
    query = parse_qs(url.query)
    click = {name: row[name] for name in OF_CLICKS}
    click |= {name: None for name in ("journey_id", "journey_run_id", "journey_activity_id")}
    click |= {"link_scheme": url.scheme, "link_host": url.netloc.lower(), "link_path": url.path, "link_query": url.query}
    for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"):
        click[name] = (query.get(name) or [None])[0]
    click["is_unsubscribe"] = bool(row["is_unsubscribe"])
    return click | {"link_tags": None if link_tags is None else json.dumps(link_tags)}


def write(rows, path, order, times, others):
    frame = pd.DataFrame.from_records(rows).sort_values(order, kind="stable")
    types = {name: pa.timestamp("ms") for name in times} | others
    schema = pa.schema([(name, types.get(name, pa.string())) for name in frame.columns])
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False, nthreads=1)
    pq.write_table(table, path, compression="zstd")
    return len(frame)


def work(lines, output):
    events, headers, clicks, known = [], [], [], set()
    for source, decode in (("ses", ses_rows), ("pinpoint", pinpoint_rows)):
        for key, content in lines(source):
            for ordinal, line in enumerate(content.splitlines()):
                shared, persons, sender, mail, link_tags, is_send = decode(json.loads(line))
                name = sender.partition("<")[0].strip() if "<" in sender else None
                place = {"attempt": "bench", "source_key": key, "source_ordinal": ordinal}
                shared |= place | agent_of(shared["user_agent"]) | dict.fromkeys(NO_TEXT + NO_TIME)
                shared |= {"from_address": address_of(sender), "from_name": name or None}
                shared["from_domain"] = shared["from_address"].rpartition("@")[2]
                shared["reply_to"] = header_of(mail["headers"], "Reply-To")
                shared["recipient_count"] = len(mail["destination"])
                shared["delivered_to_lake_at"] = DELIVERED
                shared["is_time_suspect"] = shared["occurred_at"] < shared["sent_at"]
                shared["is_unsubscribe"] = None if link_tags is None else "unsubscribeLinkTag" in link_tags
                for address, action, status, diagnostic in persons:
                    row = shared | {"recipient": address, "recipient_key": address.strip().lower()}
                    row["recipient_domain"] = row["recipient_key"].rpartition("@")[2]
                    row |= {"bounce_action": action, "smtp_status": status, "diagnostic_code": diagnostic}
                    row["event_id"] = event_id_of(row)
                    if row["event_id"] in known:
                        continue
                    known.add(row["event_id"])
                    events.append(row)
                    if row["event_type"] == "click":
                        clicks.append(click_of(row, link_tags))
                    if is_send:
                        of_mail = {name: row[name] for name in ("message_id", "sent_at", "source", "from_domain", "feed")}
                        headers.extend(
                            of_mail
                            | place
                            | {
                                "position": position,
                                "name": one["name"],
                                "name_lower": one["name"].lower(),
                                "value": None if one["value"] == "null" else one["value"],
                            }
                            for position, one in enumerate(mail["headers"])
                        )
    order = ["message_id", "occurred_at", "event_id"]
    flags = {name: pa.bool_() for name in ("has_truncated_headers", "is_time_suspect", "is_bot_agent", "is_unsubscribe")}
    numbers = {"recipient_count": pa.int32(), "processing_time_ms": pa.int64(), "source_ordinal": pa.int64()}
    times = ["occurred_at", "sent_at", "delivered_to_lake_at", *NO_TIME]
    return (
        write(events, output / "events.parquet", order, times, flags | numbers),
        write(headers, output / "headers.parquet", ["message_id", "position"], times, numbers | {"position": pa.int32()}),
        write(clicks, output / "clicks.parquet", order, times, flags | numbers),
    )


compete(work)
