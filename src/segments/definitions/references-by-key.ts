/** What keys are made of. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * A key for each segment: its name, and where several have the same, numbers for all but the oldest, that no other name
 * has. The segments come in the order of their ids.
 */
export function keysOf(segments: readonly Named[]): Map<string, string> {
  const taken = new Set(segments.map(({ name }) => name));
  const seen = new Set<string>();
  return new Map(segments.map(({ id, name }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [id, name];
    }
    let number = 2;
    while (taken.has(`${name} #${number}`)) number += 1;
    taken.add(`${name} #${number}`);
    return [id, `${name} #${number}`];
  }));
}

/** A place in rules that names another segment. */
export interface ReferencePlace {
  /** JSON Pointer into the rules. */
  readonly path: string;
  readonly names: string;
}

/**
 * A copy of the rules in which each condition on a segment names it otherwise; what `rename` does not know stays as it
 * was and is told. Everything else is the very same.
 */
export function renameSegments(rules: object, rename: (name: string) => string | undefined): { rules: object; unknown: ReferencePlace[] } {
  const unknown: ReferencePlace[] = [];
  const inNode = (node: unknown, path: string): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    const { conditions, segment } = node as Json;
    if (Array.isArray(conditions)) return { ...node, conditions: conditions.map((one, at) => inNode(one, `${path}/conditions/${at}`)) };
    if (typeof segment !== 'string') return node;
    const name = rename(segment);
    if (name === undefined) unknown.push({ path: `${path}/segment`, names: segment });
    return name === undefined ? node : { ...node, segment: name };
  };
  const inList = (list: unknown, path: string): unknown => (Array.isArray(list) ? list.map((one, at) => inNode(one, `${path}/${at}`)) : list);
  const { groups, exclusions } = rules as Json;
  const renamed = {
    ...rules, groups: inList(groups, '/groups'), ...(exclusions === undefined ? {} : { exclusions: inList(exclusions, '/exclusions') }),
  };
  return { rules: groups === undefined ? rules : renamed, unknown };
}

/** Which segments the rules name, each once. */
export function namesIn(rules: object): Set<string> {
  const names = new Set<string>();
  renameSegments(rules, (name) => {
    names.add(name);
    return name;
  });
  return names;
}

/** The items, each after those that it needs; what needs itself in a ring comes anyhow. */
export function afterTheirNeeds<Item>(items: readonly Item[], needsOf: (item: Item) => readonly Item[]): Item[] {
  const placed = new Set<Item>();
  const entered = new Set<Item>();
  const place = (item: Item): void => {
    if (entered.has(item)) return;
    entered.add(item);
    for (const needed of needsOf(item)) place(needed);
    placed.add(item);
  };
  for (const item of items) place(item);
  return [...placed];
}
