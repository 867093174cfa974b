/** JSON text that no JavaScript value can represent: a key twice, 1e400, a surrogate escape. */
export class Verbatim {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Tree = string | number | boolean | null | Verbatim | Tree[] | { [name: string]: Tree };
export type Path = readonly (string | number)[];

export function textOf(tree: Tree): string {
  if (tree instanceof Verbatim) return tree.text;
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree);
  if (Array.isArray(tree)) return `[${tree.map(textOf).join(',')}]`;
  return `{${Object.entries(tree)
    .map(([name, inner]) => `${JSON.stringify(name)}:${textOf(inner)}`)
    .join(',')}}`;
}

/** Every place in it, outermost first. */
export function pathsOf(tree: Tree, path: Path = []): Path[] {
  if (tree === null || typeof tree !== 'object' || tree instanceof Verbatim) return [path];
  const inner = Object.entries(tree).flatMap(([name, value]) =>
    pathsOf(value, [...path, Array.isArray(tree) ? Number(name) : name]),
  );
  return [path, ...inner];
}

/** A copy in which what stands at the path is what `change` makes of it; undefined takes it away. */
export function changed(tree: Tree, path: Path, change: (old: Tree) => Tree | undefined): Tree | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return change(tree);
  if (tree === null || typeof tree !== 'object' || tree instanceof Verbatim) return tree;
  if (Array.isArray(tree)) {
    return tree.flatMap((inner, place) => {
      const made = place === name ? changed(inner, rest, change) : inner;
      return made === undefined ? [] : [made];
    });
  }
  const entries = Object.entries(tree).flatMap(([key, inner]): [string, Tree][] => {
    const made = key === name ? changed(inner, rest, change) : inner;
    return made === undefined ? [] : [[key, made]];
  });
  return Object.fromEntries(entries);
}

export function parseTree(text: string): Tree {
  return JSON.parse(text);
}
