/**
 * The provider's own declarations of what its resources take, read from its type files. TypeScript lets a surplus property
 * pass where an object is put together from parts; the engine would refuse it when it deploys.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, Resource } from './graph.ts';
import { PLATFORM } from './platform.ts';

interface Field {
  isOptional: boolean;
  type: string;
}
type Fields = ReadonlyMap<string, Field>;

const PROVIDER = join(PLATFORM, 'node_modules', '@pulumi', 'aws');

export class ProviderTypes {
  readonly #nested: ReadonlyMap<string, Fields>;
  readonly #resources = new Map<string, Fields>();

  constructor() {
    this.#nested = namespacesOf(readFileSync(join(PROVIDER, 'types', 'input.d.ts'), 'utf8'));
  }

  /** What the provider would say about a resource's inputs: nothing, if they are right. */
  complaints({ type, name, inputs }: Resource): string[] {
    const [, path = '', kind = ''] = /^aws:([^:]+):(\w+)$/.exec(type) ?? [];
    if (path === '') return [];
    let fields = this.#resources.get(type);
    if (!fields) {
      const text = readFileSync(join(PROVIDER, `${path}.d.ts`), 'utf8');
      fields = interfacesOf(text, '').get(`${kind}Args`);
      if (!fields) throw new Error(`provider declares no arguments of ${type}`);
      this.#resources.set(type, fields);
    }
    return this.#compare(inputs, fields, name);
  }

  #compare(value: Json, fields: Fields, place: string): string[] {
    const given = Object.entries(value ?? {}).filter(([, inner]) => inner !== undefined && inner !== null);
    const missing = [...fields].filter(([name, { isOptional }]) => !isOptional && !given.some(([key]) => key === name));
    return [
      ...missing.map(([name]) => `${place}.${name} is missing`),
      ...given.flatMap(([name, inner]) => {
        const field = fields.get(name);
        return field ? this.#look(inner, field.type, `${place}.${name}`) : [`${place}.${name} is not known`];
      }),
    ];
  }

  #look(value: Json, type: string, place: string): string[] {
    // Of several forms: policies are looked at elsewhere, files are SST's own.
    if (/PolicyDocument|pulumi\.asset/.test(type)) return [];
    if (Array.isArray(value)) {
      if (!type.includes('[]')) return [`${place} is no list`];
      return value.flatMap((inner, i) => this.#look(inner, type.replace('[]', ''), `${place}[${i}]`));
    }
    if (type.includes('[]')) return [`${place} is to be a list`];
    const [, nested] = /inputs\.(\w+\.\w+)/.exec(type) ?? [];
    if (typeof value === 'object' && value !== null) {
      if (nested === undefined) return /\[key: string\]|any/.test(type) ? [] : [`${place} is to be ${type}`];
      const fields = this.#nested.get(nested);
      return fields ? this.#compare(value, fields, place) : [`${place}: no declaration of ${nested}`];
    }
    if (nested !== undefined) return [`${place} is to be ${nested}`];
    const words: readonly string[] = type.match(/\b(string|number|boolean|any)\b/g) ?? [];
    // Names of roles, lists of choices and the like are text.
    return words.length === 0 || words.includes('any') || words.some((word) => word === typeof value)
      ? []
      : [`${place} is ${typeof value}, not ${words.join(' or ')}`];
  }
}

/** By `namespace.Interface`. */
function namespacesOf(text: string): Map<string, Fields> {
  const found = new Map<string, Fields>();
  const parts = text.split(/^export declare namespace (\w+) \{$/m);
  for (let i = 1; i < parts.length; i += 2) {
    for (const [name, fields] of interfacesOf(parts[i + 1] ?? '', '    ')) found.set(`${parts[i]}.${name}`, fields);
  }
  return found;
}

function interfacesOf(text: string, indent: string): Map<string, Fields> {
  const found = new Map<string, Fields>();
  const pattern = new RegExp(`^${indent}(?:export )?interface (\\w+) \\{\\n([\\s\\S]*?)^${indent}\\}`, 'gm');
  for (const [, name = '', body = ''] of text.matchAll(pattern)) {
    const fields = new Map<string, Field>();
    // Without comments, and with each record on one line.
    const plain = body
      .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '')
      .replaceAll(/\{\s*(\[key: string\]: [^\n]*?)\s*\}/g, '{ $1 }');
    for (const [, field = '', mark = '', type = ''] of plain.matchAll(/^\s*(\w+)(\??): (.*);$/gm)) {
      fields.set(field, { isOptional: mark === '?', type });
    }
    found.set(name, fields);
  }
  return found;
}
