import type { SegmentDefinition } from '../definition.js';
import { isObject, member } from '../json.js';
import type { Vocabulary } from '../vocabulary.js';

/** What the graph of segments needs to know of a definition. */
export interface Outline {
  /** Lower-case ids, each once. */
  readonly references: readonly string[];
  readonly conditions: number;
}

const EMPTY: Outline = { references: [], conditions: 0 };
const outlines = new WeakMap<SegmentDefinition, Outline>();

/** The references and the number of conditions of a stored definition. */
function outlineOf(definition: SegmentDefinition): Outline {
  let outline = outlines.get(definition);
  if (outline === undefined) {
    const references = new Set<string>();
    const conditions = [definition.groups, definition.exclusions ?? []]
      .flat().reduce((sum, group) => sum + countConditions(group, references), 0);
    outline = { references: [...references], conditions };
    outlines.set(definition, outline);
  }
  return outline;
}

function countConditions(node: unknown, references: Set<string>): number {
  if (!isObject(node)) return 0;
  const children = member(node, 'conditions');
  if (Array.isArray(children)) return children.reduce((sum: number, child) => sum + countConditions(child, references), 0);
  const segment = member(node, 'segment');
  if (typeof segment === 'string') references.add(segment.toLowerCase());
  return 1;
}

/** The tenant's segments and which of them refer to which, with one of them as it would be. */
export class SegmentGraph {
  readonly #vocabulary: Vocabulary;
  readonly #self: string | null;
  readonly #own: Outline;
  readonly #depths = new Map<string, number>();
  readonly #heights = new Map<string, number>();
  #dependents: Map<string, string[]> | null = null;

  constructor(vocabulary: Vocabulary, self: string | null, own: Outline) {
    this.#vocabulary = vocabulary;
    this.#self = self;
    this.#own = own;
  }

  nameOf(id: string): string {
    return this.#vocabulary.segments.get(id)?.name ?? 'this segment';
  }

  /** 0 without references, otherwise 1 + the deepest. */
  depth(id: string): number {
    const known = this.#depths.get(id);
    if (known !== undefined) return known;
    // A cycle in what is stored would otherwise never end.
    this.#depths.set(id, 0);
    const depth = Math.max(-1, ...this.#outline(id).references.map((reference) => this.depth(reference))) + 1;
    this.#depths.set(id, depth);
    return depth;
  }

  /** The longest chain of segments that lead to this one by their references. */
  height(id: string): number {
    const known = this.#heights.get(id);
    if (known !== undefined) return known;
    this.#heights.set(id, 0);
    const height = Math.max(-1, ...this.#dependentsOf(id).map((dependent) => this.height(dependent))) + 1;
    this.#heights.set(id, height);
    return height;
  }

  /** The names along the way from one segment to another, or null where none leads there. */
  path(from: string, to: string, seen = new Set<string>()): string[] | null {
    if (from === to) return [this.nameOf(to)];
    if (seen.has(from)) return null;
    seen.add(from);
    for (const reference of this.#outline(from).references) {
      const rest = this.path(reference, to, seen);
      if (rest !== null) return [this.nameOf(from), ...rest];
    }
    return null;
  }

  /** The conditions of these segments and of all that they reach, each segment once; `without` one of them. */
  reachedConditions(ids: readonly string[], without: string | null = null): number {
    const reached = new Set<string>(without === null ? [] : [without]);
    const queue = [...ids];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (reached.has(id)) continue;
      reached.add(id);
      queue.push(...this.#outline(id).references);
    }
    return [...reached].reduce((sum, id) => sum + (id === without ? 0 : this.#outline(id).conditions), 0);
  }

  /** All segments that lead to this one. */
  allDependents(id: string): string[] {
    const found = new Set<string>();
    const queue = [...this.#dependentsOf(id)];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (found.has(next) || next === id) continue;
      found.add(next);
      queue.push(...this.#dependentsOf(next));
    }
    return [...found];
  }

  #outline(id: string): Outline {
    if (id === this.#self) return this.#own;
    const definition = this.#vocabulary.segments.get(id)?.definition ?? null;
    return definition === null ? EMPTY : outlineOf(definition);
  }

  #dependentsOf(id: string): readonly string[] {
    if (this.#dependents === null) {
      this.#dependents = new Map();
      for (const from of this.#vocabulary.segments.keys()) {
        // What leads here through this segment itself would be a cycle, which is a fault of its own.
        if (from === this.#self) continue;
        for (const to of this.#outline(from).references) {
          const dependents = this.#dependents.get(to);
          if (dependents === undefined) this.#dependents.set(to, [from]);
          else dependents.push(from);
        }
      }
    }
    return this.#dependents.get(id) ?? [];
  }
}
