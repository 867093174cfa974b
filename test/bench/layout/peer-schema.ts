/**
 * The peer's table as it is declared for Firehose's record format conversion: SES's JSON as it is, with names in lower case
 * and without `:` and `-`. Tags are a struct and no map, so that one tag can be read without the others.
 */

const TAGS = [
  'ses_operation',
  'ses_configuration_set',
  'ses_source_ip',
  'ses_from_domain',
  'ses_caller_identity',
  'ses_source_tls_version',
  'ses_outgoing_ip',
  'campaign',
  'treatment',
  'journey_id',
  'journey_activity_id',
];

const TOPICS =
  'struct<unsubscribeall:boolean,topicsubscriptionstatus:array<struct<topicname:string,subscriptionstatus:string>>>';

/** Hive types by column. */
export const PEER_COLUMNS: Readonly<Record<string, string>> = {
  eventtype: 'string',
  mail: [
    'struct<timestamp:string,source:string,sourcearn:string,sendingaccountid:string,messageid:string',
    'destination:array<string>,headerstruncated:boolean,headers:array<struct<name:string,value:string>>',
    'commonheaders:struct<from:array<string>,date:string,to:array<string>,messageid:string,subject:string>',
    `tags:struct<${TAGS.map((tag) => `${tag}:array<string>`).join(',')}>>`,
  ].join(','),
  bounce: [
    'struct<feedbackid:string,bouncetype:string,bouncesubtype:string',
    'bouncedrecipients:array<struct<emailaddress:string,action:string,status:string,diagnosticcode:string>>',
    'timestamp:string,reportingmta:string>',
  ].join(','),
  complaint: [
    'struct<feedbackid:string,complaintsubtype:string,complainedrecipients:array<struct<emailaddress:string>>',
    'timestamp:string,useragent:string,complaintfeedbacktype:string,arrivaldate:string>',
  ].join(','),
  delivery: [
    'struct<timestamp:string,processingtimemillis:bigint,recipients:array<string>,smtpresponse:string',
    'remotemtaip:string,reportingmta:string>',
  ].join(','),
  reject: 'struct<reason:string>',
  failure: 'struct<errormessage:string,templatename:string>',
  deliverydelay: [
    'struct<timestamp:string,delaytype:string,expirationtime:string',
    'delayedrecipients:array<struct<emailaddress:string,status:string,diagnosticcode:string>>>',
  ].join(','),
  open: 'struct<timestamp:string,useragent:string,ipaddress:string>',
  click: 'struct<timestamp:string,ipaddress:string,useragent:string,link:string,linktags:map<string,array<string>>>',
  subscription: [
    'struct<contactlist:string,timestamp:string,source:string',
    `newtopicpreferences:${TOPICS},oldtopicpreferences:${TOPICS}>`,
  ].join(','),
};

const WORDS: Readonly<Record<string, string>> = { string: 'VARCHAR', bigint: 'BIGINT', boolean: 'BOOLEAN' };

/** A Hive type in DuckDB's words. */
export function duckDbType(hive: string): string {
  const [, kind, inner = ''] = /^(array|map|struct)<(.*)>$/.exec(hive) ?? [];
  if (kind === 'array') return `${duckDbType(inner)}[]`;
  if (kind === 'map') return `MAP(${parts(inner).map(duckDbType).join(', ')})`;
  if (kind === 'struct') {
    const fields = parts(inner).map((part) => {
      const colon = part.indexOf(':');
      return `"${part.slice(0, colon)}" ${duckDbType(part.slice(colon + 1))}`;
    });
    return `STRUCT(${fields.join(', ')})`;
  }
  const word = WORDS[hive];
  if (word === undefined) throw new Error(`type has no word in DuckDB: ${hive}`);
  return word;
}

/** At the commas that stand in no brackets. */
function parts(list: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (const [at, sign] of [...list].entries()) {
    if (sign === '<') depth++;
    if (sign === '>') depth--;
    if (sign !== ',' || depth > 0) continue;
    found.push(list.slice(from, at));
    from = at + 1;
  }
  return [...found, list.slice(from)];
}

/** A record with the names of the schema. The keys of link tags are data, and stay. */
export function inPeerNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inPeerNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key.toLowerCase().replace(/[:-]/g, '_'),
      key === 'linkTags' ? inner : inPeerNames(inner),
    ]),
  );
}
