/** Holds requests against the services' own models, all the way down: members, what is required, lengths, patterns, enums. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from './graph.ts';
import type { Request } from './requests.ts';

interface Shape {
  type: string;
  required?: readonly string[];
  members?: Readonly<Record<string, string>>;
  /** of a list */
  member?: string;
  /** of a map */
  key?: string;
  value?: string;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: readonly string[];
}
interface Service {
  operations: Readonly<Record<string, string>>;
  shapes: Readonly<Record<string, Shape>>;
}

const modelsIn = (file: string): Readonly<Record<string, Service>> =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'aws', file), 'utf8'));
const SERVICES = { ...modelsIn('service-models.json'), ...modelsIn('quicksight-models.json') };
const WRITER = 'test/stacks/service-models.py writes service-models.json';

/** What the service would refuse; nothing, if it takes the request. @throws Error for an operation that is in no model */
export function complaintsAbout({ service, operation, input }: Request): string[] {
  const model = SERVICES[service];
  const shape = model?.operations[operation];
  if (!model || !shape) throw new Error(`no model of ${service}.${operation}: ${WRITER}`);
  const complaints: string[] = [];
  check(model, shape, input, operation, complaints);
  return complaints;
}

function check(model: Service, name: string, value: Json, place: string, complaints: string[]): void {
  const shape = model.shapes[name];
  if (!shape) throw new Error(`no model of ${name}: ${WRITER}`);
  const checkShape = CHECKS[shape.type];
  if (!checkShape) throw new Error(`no check of a ${shape.type}: ${name}`);
  const inner = (shapeName: string | undefined, member: Json, where: string): void =>
    check(model, shapeName ?? '', member, place + where, complaints);
  for (const what of checkShape(shape, value, inner)) complaints.push(`${place}: ${what}`);
}

/** @param inner checks what the value holds. @returns what is wrong with the value itself */
type Check = (
  shape: Shape,
  value: Json,
  inner: (shape: string | undefined, member: Json, where: string) => void,
) => string[];

const CHECKS: Readonly<Record<string, Check>> = {
  blob: (_shape, value) => (typeof value === 'string' ? [] : ['is no text']),
  structure({ members = {}, required = [] }, value, inner) {
    if (!isObject(value)) return ['is no object'];
    for (const [key, member] of Object.entries(value)) if (key in members) inner(members[key], member, `.${key}`);
    return [
      ...required.filter((key) => !(key in value)).map((key) => `${key} is missing`),
      ...Object.keys(value)
        .filter((key) => !(key in members))
        .map((key) => `${key} is not known`),
    ];
  },
  map(shape, value, inner) {
    if (!isObject(value)) return ['is no map'];
    for (const [key, member] of Object.entries(value)) {
      inner(shape.key, key, `.${key} (key)`);
      inner(shape.value, member, `.${key}`);
    }
    return outside(shape, Object.keys(value).length, 'entries');
  },
  list(shape, value, inner) {
    if (!Array.isArray(value)) return ['is no list'];
    for (const [i, member] of value.entries()) inner(shape.member, member, `[${i}]`);
    return outside(shape, value.length, 'items');
  },
  string(shape, value) {
    if (typeof value !== 'string') return [`is ${typeof value}, not text`];
    return [
      // Some services count characters, Glue counts bytes: what has few enough bytes has few enough of both.
      ...outside(shape, Buffer.byteLength(value), 'bytes'),
      ...(shape.enum?.includes(value) === false ? [`is none of its words: ${value}`] : []),
      ...(shape.pattern !== undefined && !patternOf(shape.pattern).test(value)
        ? [`does not match ${shape.pattern}: ${value.slice(0, 80)}`]
        : []),
    ];
  },
  boolean: (_, value) => (typeof value === 'boolean' ? [] : [`is ${typeof value}, not boolean`]),
  integer: (shape, value) => number(shape, value),
  long: (shape, value) => number(shape, value),
  float: (shape, value) => number(shape, value),
  double: (shape, value) => number(shape, value),
};

const number = ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Shape, value: Json): string[] => {
  if (typeof value !== 'number') return [`is ${typeof value}, not a number`];
  return value < min || value > max ? [`is ${value}, not ${min} to ${max}`] : [];
};

const outside = ({ min = 0, max = Number.POSITIVE_INFINITY }: Shape, size: number, what: string): string[] =>
  size < min || size > max ? [`has ${size} ${what}, not ${min} to ${max}`] : [];

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const patterns = new Map<string, RegExp>();

/** The models are written for Java: beyond the basic plane it writes ranges of surrogate pairs, and it matches the whole. */
function patternOf(text: string): RegExp {
  let made = patterns.get(text);
  if (!made) {
    const isUnicode = /\\p\{|\\uD800\\uDC00/.test(text);
    const whole = text.replaceAll('\\uD800\\uDC00-\\uDBFF\\uDFFF', '\\u{10000}-\\u{10FFFF}');
    made = new RegExp(`^(?:${whole})$`, isUnicode ? 'us' : 's');
    patterns.set(text, made);
  }
  return made;
}
