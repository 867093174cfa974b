/** The peer's views: the nested table flattened, a row for each event and recipient. */

/** Who an event is about: those it names, else those the mail went to. */
const RECIPIENTS = `
        case eventtype
            when 'Bounce' then transform(bounce.bouncedrecipients, one -> one.emailaddress)
            when 'Complaint' then transform(complaint.complainedrecipients, one -> one.emailaddress)
            when 'DeliveryDelay' then transform(deliverydelay.delayedrecipients, one -> one.emailaddress)
            when 'Delivery' then delivery.recipients
            else mail.destination
        end`;

export const PEER_VIEWS: readonly { name: string; sql: string }[] = [
  {
    name: 'ses_recipient_events',
    sql: `
      select
        eventtype as event_type,
        mail.messageid as message_id,
        mail."timestamp" as sent_at,
        lower(recipient) as recipient,
        cardinality(mail.destination) as recipient_count,
        element_at(mail.tags.ses_configuration_set, 1) as configuration_set,
        element_at(mail.tags.campaign, 1) as campaign,
        element_at(mail.tags.treatment, 1) as treatment,
        bounce.bouncetype as bounce_type,
        bounce.bouncesubtype as bounce_sub_type,
        complaint.complaintfeedbacktype as complaint_feedback_type,
        datehour
      from ses_events
      cross join unnest(${RECIPIENTS}
      ) as named (recipient)`,
  },
  {
    name: 'ses_bounces',
    sql: `
      select
        mail.messageid as message_id,
        lower(bounced.emailaddress) as recipient,
        lower(split_part(bounced.emailaddress, '@', 2)) as recipient_domain,
        bounce.bouncetype as bounce_type,
        bounce.bouncesubtype as bounce_sub_type,
        bounced.status,
        bounced.diagnosticcode as diagnostic_code,
        datehour
      from ses_events
      cross join unnest(bounce.bouncedrecipients) as bounced
      where eventtype = 'Bounce'`,
  },
  {
    name: 'ses_timeline',
    sql: `
      select
        mail.messageid as message_id,
        coalesce(
            delivery."timestamp",
            open."timestamp",
            click."timestamp",
            bounce."timestamp",
            complaint."timestamp",
            deliverydelay."timestamp",
            subscription."timestamp",
            mail."timestamp"
        ) as occurred_at,
        eventtype as event_type,
        bounce.bouncetype as bounce_type,
        lower(recipient) as recipient,
        mail.commonheaders.subject,
        delivery.smtpresponse as smtp_response,
        coalesce(element_at(bounce.bouncedrecipients, 1).status, element_at(deliverydelay.delayedrecipients, 1).status) as status,
        click.link,
        coalesce(open.useragent, click.useragent, complaint.useragent) as user_agent,
        datehour
      from ses_events
      cross join unnest(${RECIPIENTS}
      ) as named (recipient)`,
  },
];
