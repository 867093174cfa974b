/** Mutations of one record's JSON: shapes and values that parse, and some that don't. */
import type { Random } from '#generate/sender/random.ts';
import { changed, type Path, parseTree, pathsOf, type Tree, textOf, Verbatim } from './tree.ts';
import { valueFor } from './values.ts';

export type RecordMutation = (tree: Tree, random: Random) => Tree;

const somewhere =
  (change: (old: Tree, random: Random, name: string) => Tree | undefined): RecordMutation =>
  (tree, random) => {
    const path: Path = random.pick(pathsOf(tree));
    const name = path.findLast((step) => typeof step === 'string');
    return changed(tree, path, (old) => change(old, random, String(name ?? ''))) ?? null;
  };

const isObject = (tree: Tree): tree is { [name: string]: Tree } =>
  tree !== null && typeof tree === 'object' && !Array.isArray(tree) && !(tree instanceof Verbatim);

/** An object with one more member, at its beginning or end; a name it has already is there twice then. */
const withMember = (old: Tree, random: Random, name: string, value: string): Tree => {
  if (!isObject(old)) return old;
  const members = textOf(old).slice(1, -1);
  const member = `${name}:${value}`;
  if (members === '') return new Verbatim(`{${member}}`);
  return new Verbatim(random.chance(0.5) ? `{${members},${member}}` : `{${member},${members}}`);
};

const nested = (random: Random, inner: string): string => {
  const levels = random.pick([3, 30, 198, 205, 1000, 20_000]);
  return random.chance(0.5)
    ? `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`
    : `${'{"a":'.repeat(levels)}${inner || 1}${'}'.repeat(levels)}`;
};

export const RECORD_MUTATIONS: Readonly<Record<string, RecordMutation>> = {
  value: somewhere((_old, random, name) => valueFor(name, random)),
  gone: somewhere(() => undefined),
  nulled: somewhere(() => null),
  listed: somewhere((old) => [old]),
  listedTwice: somewhere((old, random) => [old, random.chance(0.5) ? old : null]),
  unlisted: somewhere((old) => (Array.isArray(old) ? (old[0] ?? null) : old)),
  boxed: somewhere((old, random) => ({ [random.pick(['a', 'value', '0', 'length', '__proto__'])]: old })),
  texted: somewhere((old) => (typeof old === 'string' ? old : textOf(old))),
  numbered: somewhere((old) => (typeof old === 'string' ? Number(old) || 0 : old)),
  emptied: somewhere((_old, random) => random.pick<Tree>([[], {}, '', [[]], [null], [{}]])),
  deep: somewhere((old, random) => new Verbatim(nested(random, textOf(old)))),
  twice: somewhere((old, random) => {
    if (!isObject(old)) return old;
    const name = random.pick([...Object.keys(old), 'a']);
    return withMember(old, random, JSON.stringify(name), textOf(valueFor(name, random)));
  }),
  proto: somewhere((old, random) => {
    const name = random.pick([
      '__proto__',
      'constructor',
      'toString',
      'valueOf',
      'toJSON',
      'hasOwnProperty',
      'length',
      '',
    ]);
    return withMember(old, random, JSON.stringify(name), random.pick(['1', '{}', '{"a":1}', '[]', '"x"', 'null']));
  }),
  unknown: somewhere((old, random) =>
    withMember(old, random, `"new${random.below(5)}"`, textOf(valueFor('new', random))),
  ),
  escaped: somewhere((old, random) =>
    withMember(
      old,
      random,
      random.pick(['"\\u006dail"', '"\\\\"', '"\\""', '"\\ud800"', '"_flags"', '"a\\u0000"']),
      '1',
    ),
  ),
  many: somewhere((old, random) =>
    Array.isArray(old) && old.length > 0
      ? Array.from({ length: random.pick([2, 50, 51, 300]) }, (_, place) => old[place % old.length] ?? null)
      : old,
  ),
  recipients: (tree, random) => {
    const count = random.pick([0, 2, 50, 60, 1000]);
    const list = Array.from({ length: count }, (_, place) => `r${place % (count - 1 || 1)}@example.org`);
    const lists = pathsOf(tree).filter((path) => /^(destination|recipients)$/.test(String(path.at(-1))));
    return lists.length === 0 ? tree : (changed(tree, random.pick(lists), () => list) ?? null);
  },
};

/** Applies some mutations by name. */
export function mutateRecord(text: string, names: readonly string[], random: Random): string {
  let tree = parseTree(text);
  for (const name of names) tree = RECORD_MUTATIONS[name]?.(tree, random) ?? tree;
  return textOf(tree);
}
