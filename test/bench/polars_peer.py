"""
polars doing the same work by expressions over whole columns: the JSON is read by its own reader, with the types of both
sources given. It does less than Maillake in the same ways as duckdb.sql; it must know every tag's name, as it has no maps.
"""

import io

import polars as pl
from peer import compete

TEXT, LIST = pl.String, pl.List(pl.String)
HEADERS = pl.List(pl.Struct({"name": TEXT, "value": TEXT}))
TAGS = ["ses:configuration-set", "ses:source-ip", "ses:from-domain", "ses:outgoing-ip", "campaign", "treatment"]
ATTRIBUTES = ["feedback", "campaign_id", "campaign_activity_id", "treatment_id"]
SES = {
    "eventType": TEXT,
    "mail": pl.Struct(
        {
            "timestamp": TEXT,
            "source": TEXT,
            "sourceArn": TEXT,
            "sendingAccountId": TEXT,
            "messageId": TEXT,
            "destination": LIST,
            "headersTruncated": pl.Boolean,
            "headers": HEADERS,
            "commonHeaders": pl.Struct({"from": LIST, "to": LIST, "messageId": TEXT, "subject": TEXT}),
            "tags": pl.Struct(dict.fromkeys(TAGS, LIST)),
        }
    ),
    "delivery": pl.Struct(
        {
            "timestamp": TEXT,
            "processingTimeMillis": pl.Int64,
            "recipients": LIST,
            "smtpResponse": TEXT,
            "reportingMTA": TEXT,
        }
    ),
    "bounce": pl.Struct(
        {
            "bounceType": TEXT,
            "bounceSubType": TEXT,
            "bouncedRecipients": pl.List(
                pl.Struct(dict.fromkeys(["emailAddress", "action", "status", "diagnosticCode"], TEXT))
            ),
            "timestamp": TEXT,
            "feedbackId": TEXT,
            "reportingMTA": TEXT,
        }
    ),
    "open": pl.Struct({"ipAddress": TEXT, "timestamp": TEXT, "userAgent": TEXT}),
    "click": pl.Struct(
        {
            "ipAddress": TEXT,
            "timestamp": TEXT,
            "userAgent": TEXT,
            "link": TEXT,
            "linkTags": pl.Struct({"unsubscribeLinkTag": LIST}),
        }
    ),
}
PINPOINT = {
    "event_type": TEXT,
    "arrival_timestamp": pl.Int64,
    "application": pl.Struct({"app_id": TEXT}),
    "attributes": pl.Struct(dict.fromkeys(ATTRIBUTES, TEXT)),
    "awsAccountId": TEXT,
    "facets": pl.Struct(
        {
            "email_channel": pl.Struct(
                {
                    "mail_event": pl.Struct(
                        {
                            "mail": pl.Struct(
                                {
                                    "message_id": TEXT,
                                    "message_send_timestamp": pl.Int64,
                                    "from_address": TEXT,
                                    "destination": LIST,
                                    "headers_truncated": pl.Boolean,
                                    "headers": HEADERS,
                                    "common_headers": pl.Struct({"from": TEXT, "to": LIST, "subject": TEXT}),
                                }
                            ),
                            "delivery": pl.Struct(
                                {
                                    "smtp_response": TEXT,
                                    "reporting_mta": TEXT,
                                    "recipients": LIST,
                                    "processing_time_millis": pl.Int64,
                                }
                            ),
                            "bounce": pl.Struct(
                                {
                                    "bounce_type": TEXT,
                                    "bounce_sub_type": TEXT,
                                    "bounced_recipients": pl.List(
                                        pl.Struct(
                                            dict.fromkeys(["email_address", "action", "status", "diagnostic_code"], TEXT)
                                        )
                                    ),
                                    "feedback_id": TEXT,
                                    "reporting_mta": TEXT,
                                }
                            ),
                            "open": pl.Struct({"ip_address": TEXT, "user_agent": TEXT}),
                            "click": pl.Struct(
                                {
                                    "ip_address": TEXT,
                                    "user_agent": TEXT,
                                    "link": TEXT,
                                    "link_tags": pl.Struct({"unsubscribeLinkTag": LIST}),
                                }
                            ),
                        }
                    )
                }
            )
        }
    ),
}
TYPES = {
    "Send": "send",
    "Delivery": "delivered",
    "Bounce": "hard_bounce",
    "Open": "open",
    "Click": "click",
    "_email.send": "send",
    "_email.delivered": "delivered",
    "_email.hardbounce": "hard_bounce",
    "_email.open": "open",
    "_email.click": "click",
}
MS = pl.Datetime("ms")
NO_TEXT = (
    "journey_id journey_run_id journey_activity_id tls_version remote_mta_ip complaint_feedback_type complaint_sub_type"
    " delay_type reject_reason template_name error_message contact_list topic_preferences extras"
).split()


def at(column, *names):
    for name in names:
        column = column.struct.field(name)
    return column


def instant(text):
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms")


def header_of(headers, wanted):
    found = headers.list.eval(pl.element().filter(pl.element().struct.field("name") == wanted).struct.field("value"))
    return found.list.first()


def address_of(text):
    return pl.coalesce(text.str.extract("<([^<>]+)>"), text)


def persons_of(named, bounced, names):
    """Recipients as one list of structs, whatever an event calls them."""
    fields = ["address", "action", "status", "diagnostic"]
    plain = named.list.eval(
        pl.struct(pl.element().alias("address"), *(pl.lit(None, TEXT).alias(name) for name in fields[1:]))
    )
    of_bounce = bounced.list.eval(
        pl.struct(*(pl.element().struct.field(name).alias(field) for name, field in zip(names, fields, strict=True)))
    )
    return pl.coalesce(of_bounce, plain)


def read(lines, source, schema):
    frames = [
        pl.read_ndjson(io.BytesIO(content), schema=schema).with_columns(
            pl.lit(key).alias("source_key"), pl.int_range(pl.len(), dtype=pl.Int64).alias("source_ordinal")
        )
        for key, content in lines(source)
    ]
    return pl.concat(frames)


def ses(lines):
    kind, mail = pl.col("eventType"), pl.col("mail")
    delivery, bounce, opened, click = (pl.col(name) for name in ("delivery", "bounce", "open", "click"))
    tags, sender = at(mail, "tags"), at(mail, "commonHeaders", "from").list.first()
    own = pl.coalesce(*(at(one, "timestamp") for one in (delivery, bounce, opened, click)), at(mail, "timestamp"))
    return read(lines, "ses", SES).select(
        pl.lit("ses").alias("source"),
        pl.lit("event_publishing").alias("feed"),
        kind.alias("native_type"),
        instant(own).alias("occurred_at"),
        pl.lit("event").alias("occurred_at_basis"),
        instant(at(mail, "timestamp")).alias("sent_at"),
        at(mail, "messageId").alias("message_id"),
        at(mail, "destination").list.len().cast(pl.Int32).alias("recipient_count"),
        sender.alias("sender"),
        address_of(at(mail, "source")).alias("envelope_from"),
        at(mail, "commonHeaders", "subject").alias("subject"),
        at(mail, "headersTruncated").alias("has_truncated_headers"),
        at(mail, "sendingAccountId").alias("account_id"),
        at(mail, "sourceArn").str.split(":").list.get(3).alias("region"),
        at(mail, "sourceArn").str.split("/").list.get(1).alias("sending_identity"),
        pl.lit(None, TEXT).alias("application_id"),
        *(
            at(tags, tag).list.first().alias(name)
            for tag, name in (
                ("ses:configuration-set", "configuration_set"),
                ("campaign", "campaign_id"),
                ("treatment", "treatment_id"),
                ("ses:source-ip", "source_ip"),
                ("ses:outgoing-ip", "outgoing_ip"),
            )
        ),
        pl.lit(None, TEXT).alias("campaign_activity_id"),
        tags.struct.json_encode().alias("tags"),
        at(delivery, "smtpResponse").alias("smtp_response"),
        pl.coalesce(at(delivery, "reportingMTA"), at(bounce, "reportingMTA")).alias("reporting_mta"),
        at(delivery, "processingTimeMillis").alias("processing_time_ms"),
        at(bounce, "bounceType").alias("bounce_type"),
        at(bounce, "bounceSubType").alias("bounce_sub_type"),
        at(bounce, "feedbackId").alias("feedback_id"),
        pl.coalesce(at(opened, "ipAddress"), at(click, "ipAddress")).alias("ip_address"),
        pl.coalesce(at(opened, "userAgent"), at(click, "userAgent")).alias("user_agent"),
        at(click, "link").alias("link"),
        at(click, "linkTags").alias("link_tags"),
        at(mail, "headers").alias("headers"),
        persons_of(
            pl.coalesce(at(delivery, "recipients"), at(mail, "destination")),
            at(bounce, "bouncedRecipients"),
            ["emailAddress", "action", "status", "diagnosticCode"],
        ).alias("person"),
        "source_key",
        "source_ordinal",
    )


def pinpoint(lines):
    event, attributes = at(pl.col("facets"), "email_channel", "mail_event"), pl.col("attributes")
    mail, delivery, bounce, opened, click = (at(event, name) for name in ("mail", "delivery", "bounce", "open", "click"))
    return read(lines, "pinpoint", PINPOINT).select(
        pl.lit("pinpoint").alias("source"),
        pl.lit("pinpoint").alias("feed"),
        pl.col("event_type").alias("native_type"),
        pl.col("arrival_timestamp").cast(MS).alias("occurred_at"),
        pl.lit("arrival").alias("occurred_at_basis"),
        at(mail, "message_send_timestamp").cast(MS).alias("sent_at"),
        at(mail, "message_id").alias("message_id"),
        at(mail, "destination").list.len().cast(pl.Int32).alias("recipient_count"),
        at(mail, "common_headers", "from").alias("sender"),
        at(mail, "from_address").alias("envelope_from"),
        at(mail, "common_headers", "subject").alias("subject"),
        at(mail, "headers_truncated").alias("has_truncated_headers"),
        pl.col("awsAccountId").alias("account_id"),
        pl.lit(None, TEXT).alias("region"),
        pl.lit(None, TEXT).alias("sending_identity"),
        at(pl.col("application"), "app_id").alias("application_id"),
        pl.lit(None, TEXT).alias("configuration_set"),
        at(attributes, "campaign_id"),
        at(attributes, "treatment_id"),
        pl.lit(None, TEXT).alias("source_ip"),
        pl.lit(None, TEXT).alias("outgoing_ip"),
        at(attributes, "campaign_activity_id"),
        attributes.struct.json_encode().alias("tags"),
        at(delivery, "smtp_response"),
        pl.coalesce(at(delivery, "reporting_mta"), at(bounce, "reporting_mta")).alias("reporting_mta"),
        at(delivery, "processing_time_millis").alias("processing_time_ms"),
        at(bounce, "bounce_type"),
        at(bounce, "bounce_sub_type"),
        at(bounce, "feedback_id"),
        pl.coalesce(at(opened, "ip_address"), at(click, "ip_address")).alias("ip_address"),
        pl.coalesce(at(opened, "user_agent"), at(click, "user_agent")).alias("user_agent"),
        at(click, "link"),
        at(click, "link_tags"),
        at(mail, "headers"),
        persons_of(
            pl.coalesce(at(delivery, "recipients"), at(mail, "destination")),
            at(bounce, "bounced_recipients"),
            ["email_address", "action", "status", "diagnostic_code"],
        ).alias("person"),
        "source_key",
        "source_ordinal",
    )


def client_of(agent):
    name = pl.when(agent.is_null()).then(None)
    for mark, client in (
        ("GoogleImageProxy", "Gmail image proxy"),
        ("iPhone", "Apple Mail"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ):
        name = name.when(agent.str.contains(mark, literal=True)).then(pl.lit(client))
    return name.otherwise(pl.lit("other"))


def work(lines, output):
    fields = ["source", "event_type", "message_id", "recipient_key", "at", "feedback_id", "ip_address", "user_agent", "link"]
    agent, link_tags = pl.col("user_agent"), pl.col("link_tags")
    events = (
        pl.concat([ses(lines), pinpoint(lines)])
        .explode("person")
        .with_columns(
            pl.col("native_type").replace_strict(TYPES).alias("event_type"),
            at(pl.col("person"), "address").alias("recipient"),
            at(pl.col("person"), "address").str.strip_chars().str.to_lowercase().alias("recipient_key"),
            pl.col("occurred_at").dt.epoch("ms").cast(TEXT).alias("at"),
            address_of(pl.col("sender")).alias("from_address"),
            pl.col("sender").str.extract("^([^<]*)<").str.strip_chars().alias("from_name"),
            header_of(pl.col("headers"), "Reply-To").alias("reply_to"),
            header_of(pl.col("headers"), "Message-ID").alias("rfc_message_id"),
        )
        # polars has no SHA-256: two of its own hashes of 64 bits make an id of as many bits
        .with_columns(pl.concat_str([pl.col(name).fill_null("") for name in fields], separator="\x1f").alias("identity"))
        .with_columns(
            pl.concat_str(
                [pl.col("identity").hash(seed).cast(TEXT).str.zfill(20) for seed in (1, 2)]
            ).alias("event_id")
        )
        .unique("event_id", keep="first", maintain_order=True)
        .with_columns(
            pl.datetime(2026, 3, 3, time_unit="ms").alias("delivered_to_lake_at"),
            (pl.col("occurred_at") < pl.col("sent_at")).alias("is_time_suspect"),
            pl.col("recipient_key").str.split("@").list.last().alias("recipient_domain"),
            pl.col("from_address").str.split("@").list.last().alias("from_domain"),
            at(pl.col("person"), "action").alias("bounce_action"),
            at(pl.col("person"), "status").alias("smtp_status"),
            at(pl.col("person"), "diagnostic").alias("diagnostic_code"),
            client_of(agent).alias("client_name"),
            pl.when(agent.is_not_null())
            .then(pl.when(agent.str.contains("iPhone", literal=True)).then(pl.lit("mobile")).otherwise(pl.lit("desktop")))
            .alias("device_class"),
            agent.str.contains("(?i)bot|crawl|spider|proxy").alias("is_bot_agent"),
            at(link_tags, "unsubscribeLinkTag").is_not_null().alias("is_unsubscribe"),
            pl.lit("bench").alias("attempt"),
            *(pl.lit(None, TEXT).alias(name) for name in NO_TEXT),
            *(pl.lit(None, MS).alias(name) for name in ("complaint_arrived_at", "delay_expires_at")),
        )
        .sort("message_id", "occurred_at", "event_id")
    )
    helpers = ["person", "sender", "at", "identity", "headers", "link_tags"]
    events.drop(helpers).write_parquet(output / "events.parquet", compression="zstd")

    header = pl.col("headers")
    headers = (
        events.filter(pl.col("event_type") == "send")
        .select("message_id", "sent_at", "source", "from_domain", "feed", "attempt", "source_key", "source_ordinal", "headers")
        .with_columns(pl.int_ranges(header.list.len(), dtype=pl.Int32).alias("position"))
        .explode("headers", "position")
        .with_columns(
            at(header, "name").alias("name"),
            at(header, "name").str.to_lowercase().alias("name_lower"),
            pl.when(at(header, "value") != "null").then(at(header, "value")).alias("value"),
        )
        .drop("headers")
    )
    headers.write_parquet(output / "headers.parquet", compression="zstd")

    url = pl.col("link").str.extract_groups(r"^([a-zA-Z][a-zA-Z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?")
    utm = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
    clicks = (
        events.filter(pl.col("event_type") == "click")
        .with_columns(url.alias("url"))
        .with_columns(
            at(pl.col("url"), "1").str.to_lowercase().alias("link_scheme"),
            at(pl.col("url"), "2").str.to_lowercase().alias("link_host"),
            at(pl.col("url"), "3").alias("link_path"),
            at(pl.col("url"), "4").alias("link_query"),
        )
        .with_columns(pl.col("link_query").str.extract(f"(?:^|&){name}=([^&]*)").alias(name) for name in utm)
        .with_columns(link_tags.struct.json_encode())
        .select(
            *"event_id occurred_at sent_at message_id recipient recipient_key recipient_domain source".split(),
            *"configuration_set campaign_id campaign_activity_id treatment_id".split(),
            *"journey_id journey_run_id journey_activity_id link link_scheme link_host link_path link_query".split(),
            *utm,
            *"link_tags is_unsubscribe ip_address user_agent client_name device_class is_bot_agent feed".split(),
            *"attempt source_key source_ordinal".split(),
        )
    )
    clicks.write_parquet(output / "clicks.parquet", compression="zstd")
    return events.height, headers.height, clicks.height


compete(work)
