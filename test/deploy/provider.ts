/**
 * A process of its own, in the place of the provider of AWS (and of `random`): it checks what it is given as the services'
 * models would, compares as the provider does, asks and changes the account, and refuses what AWS refuses.
 */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../stacks/graph.ts';
import { at, textAt } from '../stacks/graph.ts';
import { answerOf, outputsOf } from '../stacks/pretended-account.ts';
import { type Request, requestsOf } from '../stacks/requests.ts';
import { refusalsOf } from '../stacks/service-limits.ts';
import { complaintsAbout } from '../stacks/service-models.ts';
import { openAccount, Refusal } from './account.ts';
import { type Inputs, isThere, KINDS, type Kind } from './kinds.ts';

type Properties = { readonly [key: string]: Json };
interface Provider {
  main(provider: unknown, words: readonly string[]): Promise<void>;
}

const {
  MAILLAKE_PLATFORM = '',
  MAILLAKE_ACCOUNT = '',
  MAILLAKE_OPERATIONS = '',
  MAILLAKE_PLACE = '',
  MAILLAKE_FAULT = '',
} = process.env;
const need = createRequire(`${MAILLAKE_PLATFORM}/node_modules/`);
const { provider }: { provider: Provider } = need('@pulumi/pulumi');
interface Read {
  getProperties(): unknown;
}
const { ReadRequest }: { ReadRequest: { prototype: Read } } = need('@pulumi/pulumi/proto/provider_pb');
const { Struct }: { Struct: new () => unknown } = need('google-protobuf/google/protobuf/struct_pb');
const place: { account: string; region: string } = JSON.parse(MAILLAKE_PLACE);
const account = openAccount(MAILLAKE_ACCOUNT);

/** What stands for a value that a preview doesn't know yet (Pulumi's `UnknownStringValue`). */
const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';
/** The mark of an asset among values, and its kind (Pulumi's wire format). */
const SIGNATURE = '4dabf18193072939515e22adb298388d';

function resourceOf(urn: string): { type: string; name: string } {
  const [, , types = '', name = ''] = urn.split('::');
  return { type: types.split('$').at(-1) ?? '', name };
}

function kindOf(type: string): Kind {
  const kind = KINDS[type];
  if (!kind) throw new Error(`the provider of the tests knows no ${type}`);
  return kind;
}

/** Inputs as they are compared: a file is its content, wherever it lies. */
function plain(properties: Properties): Inputs {
  const of = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(of);
    if (typeof value !== 'object' || value === null) return value;
    if (SIGNATURE in value && 'hash' in value) return { hash: value.hash };
    // A secret, in its wrapping.
    if (SIGNATURE in value && 'value' in value) return of(value.value);
    return plain(Object.fromEntries(Object.entries(value)));
  };
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([key, value]) => !key.startsWith('__') && value !== null && value !== undefined)
      .map(([key, value]) => [key, of(value)]),
  );
}

const before = (olds: Properties): Inputs => JSON.parse(String(olds.__inputs ?? '{}'));
const isKnown = (inputs: Inputs): boolean => !JSON.stringify(inputs).includes(UNKNOWN);

function say(operation: string, urn: string, changed: readonly string[] = []): void {
  const { type, name } = resourceOf(urn);
  appendFileSync(MAILLAKE_OPERATIONS, `${JSON.stringify({ operation, type, name, changed })}\n`);
}

/** With what the account says, where that is more than names. */
function stateOf(urn: string, inputs: Inputs, said: Json): { id: string; outs: Properties } {
  const { type, name } = resourceOf(urn);
  const { id, state } = outputsOf({ type, name, inputs }, place);
  const given =
    at(said, 'NamedQueryId') ??
    at(said, 'UUID') ??
    at(said, 'StackId') ??
    at(said, 'SubscriptionArn') ??
    at(said, 'QueueUrl');
  const own: Readonly<Record<string, string>> = {
    'aws:iam/policy:Policy': String(state.arn),
    'aws:sns/topic:Topic': String(state.arn),
    'aws:s3/bucketObjectv2:BucketObjectv2': String(inputs.key),
    'aws:glue/catalogTable:CatalogTable': `${place.account}:${inputs.databaseName}:${inputs.name}`,
    'aws:scheduler/schedule:Schedule': `default/${inputs.name}`,
    'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': String(state.arn),
    'aws:cloudwatch/logStream:LogStream': `${inputs.logGroupName}:${inputs.name}`,
    'aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination': `${inputs.configurationSetName}|${inputs.eventDestinationName}`,
  };
  const made = String(given ?? own[type] ?? id);
  return { id: made, outs: { ...state, ...addressed(type, made), __inputs: JSON.stringify(inputs) } };
}

/** What others are told of a resource that is known by an address which the account has made up. */
function addressed(type: string, id: string): Properties {
  if (type === 'aws:lambda/eventSourceMapping:EventSourceMapping') return { uuid: id };
  return type === 'aws:sqs/queue:Queue' ? { url: id } : {};
}

/** A queue is known by its name: its address is made up by the account, and unknown to a provider that is killed before the answer. */
const keyOf = (type: string, id: string): string =>
  `${type} ${type === 'aws:sqs/queue:Queue' ? id.split('/').at(-1) : id}`;

/** With what only the provider knows: the file of an object, the region of a bucket. */
function completed(request: Request, properties: Properties): Request {
  const { operation, input } = request;
  // The first region is the one that has no name for this.
  if (operation === 'CreateBucket' && place.region !== 'us-east-1') {
    return { ...request, input: { ...input, CreateBucketConfiguration: { LocationConstraint: place.region } } };
  }
  const path = at(properties.source, 'path');
  return operation === 'PutObject' && typeof path === 'string'
    ? { ...request, input: { ...input, File: path } }
    : request;
}

/** Where one of this name is there already. */
async function refuseTaken(type: string, inputs: Inputs): Promise<void> {
  const kind = kindOf(type);
  if (kind.taken === undefined) return;
  const { id } = stateOf(`::::${type}::`, inputs, null);
  if (isThere(type, await account.ask(kind.look(inputs, id))))
    throw new Refusal('Create', kind.taken, `${type} is there already: ${id}`);
}

const strict = {
  version: '7.20.0',

  async check(urn: string, _: Properties, news: Properties) {
    const { type, name } = resourceOf(urn);
    const inputs = plain(news);
    if (!type.startsWith('aws:') || !isKnown(inputs)) return { inputs: news, failures: [] };
    kindOf(type);
    const reasons = requestsOf({ type, name, inputs }).flatMap((request) => [
      ...complaintsAbout(request),
      ...refusalsOf(request),
    ]);
    return { inputs: news, failures: reasons.map((reason) => ({ property: '', reason })) };
  },

  async diff(_: string, urn: string, olds: Properties, news: Properties) {
    const old = before(olds);
    const now = plain(news);
    const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
      (key) => !isDeepStrictEqual(old[key], now[key]),
    );
    const kind = kindOf(resourceOf(urn).type);
    const replaces = changed.filter((key) => kind.replaces.includes(key));
    if (changed.length > 0) say(replaces.length > 0 ? 'will replace' : 'will update', urn, changed);
    // One with the same name can't be made beside it.
    const deleteBeforeReplace = replaces.length > 0 && kind.name !== undefined && !changed.includes(kind.name);
    return { changes: changed.length > 0, replaces, deleteBeforeReplace };
  },

  async create(urn: string, news: Properties) {
    const { type, name } = resourceOf(urn);
    const inputs = plain(news);
    await refuseTaken(type, inputs);
    // A service knows what it was given from the moment that it takes it, also if nobody is there to hear its answer.
    await account.remember(keyOf(type, stateOf(urn, inputs, null).id), inputs);
    let said: Json = null;
    for (const request of requestsOf({ type, name, inputs })) {
      const answer = await account.send(completed(request, news));
      said ??= answer;
    }
    const { id, outs } = stateOf(urn, inputs, said);
    await account.remember(keyOf(type, id), inputs);
    say('create', urn);
    if (MAILLAKE_FAULT !== '' && MAILLAKE_FAULT === name) {
      if (inputs.onFailure === 'DELETE')
        for (const request of kindOf(type).remove(inputs, id)) await account.send(request);
      throw Object.assign(new Error('made, but could not be read'), { id, properties: outs, reasons: ['read failed'] });
    }
    return { id, outs };
  },

  async read(id: string, urn: string, props: Properties) {
    const { type } = resourceOf(urn);
    const known = before(props ?? {});
    const recalled = plain(Object((await account.recall(keyOf(type, id))) ?? {}));
    // Of one that is not the stage's own nothing is known but how it is addressed.
    const inputs = [known, recalled].find((one) => Object.keys(one).length > 0) ?? { [kindOf(type).name ?? 'id']: id };
    if (type.startsWith('random:')) return { id, props, inputs };
    if (!isThere(type, await account.ask(kindOf(type).look(inputs, id)))) return {};
    const { outs } = stateOf(urn, inputs, null);
    return { id, props: { ...outs, ...addressed(type, id), ...props, __inputs: JSON.stringify(inputs) }, inputs };
  },

  async update(id: string, urn: string, olds: Properties, news: Properties) {
    const { type } = resourceOf(urn);
    const kind = kindOf(type);
    if (!kind.update) throw new Error(`doesn't support update: ${type}`);
    const inputs = plain(news);
    for (const request of await kind.update(inputs, id, account, before(olds))) {
      await account.send(completed(request, news));
    }
    await account.remember(keyOf(type, id), inputs);
    say('update', urn);
    const { outs } = stateOf(urn, inputs, null);
    return { outs: { ...outs, ...addressed(type, id) } };
  },

  async delete(id: string, urn: string, props: Properties) {
    const { type } = resourceOf(urn);
    for (const request of kindOf(type).remove(before(props), id)) await account.ask(request);
    await account.remember(keyOf(type, id), null);
    say('delete', urn);
  },

  async invoke(token: string, inputs: Properties) {
    if (token === 'aws:cloudformation/getStack:getStack') {
      const { look } = kindOf('aws:cloudformation/stack:Stack');
      const said = await account.ask(look(inputs, ''));
      // Terraform's words for it.
      if (said === null) throw new Error(`reading CloudFormation Stack (${inputs.name}): couldn't find resource`);
      return { outputs: { ...inputs, id: textAt(said, 'Stacks', 0, 'StackId') } };
    }
    return { outputs: answerOf({ token, inputs }, place) };
  },
};

// Pulumi's server takes no read without properties, which an import is.
const { getProperties } = ReadRequest.prototype;
ReadRequest.prototype.getProperties = function (this: Read) {
  return getProperties.call(this) ?? new Struct();
};

void provider.main(strict, process.argv.slice(2));
