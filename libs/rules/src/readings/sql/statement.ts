import type { FieldCondition } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import type { Reference, References } from '../memory/snapshot.js';
import type { Spellings } from './spellings.js';

export interface StatementOptions {
  readonly tenantId: string;
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly references: References;
  /** A subquery of contact ids: every scan is restricted to them. */
  readonly candidates?: Sql;
  /**
   * Whether any event of the tenant may lie after `asOf`; true unless told. False only where the snapshot that runs the
   * statement has none: the stored engagement figures are then those of `asOf`.
   */
  readonly laterEvents?: boolean;
  /** Of the campaigns that the rules name by their ids, where the same snapshot was asked. */
  readonly spellings?: Spellings | null;
  /** The segments that have overrides, where the same snapshot was asked; of every other the verdict is its rule's alone. */
  readonly overridden?: ReadonlySet<string> | null;
  /** Conditions on custom dates that few contacts pass, the fewest first, where the same snapshot was asked; correct for any. */
  readonly fewDated?: readonly FieldCondition[];
}

/** Each may be two columns, and PostgreSQL takes 1,664 of a SELECT. */
const mostSharing = 500;

/**
 * One statement under construction: its features, each a common table expression of one row a contact, named once by
 * a canonical key, so that whatever several conditions or segments look at is computed once.
 */
export class Statement {
  readonly asOf: number;
  readonly references: References;
  readonly laterEvents: boolean;
  readonly spellings: Spellings | null;
  readonly fewDated: readonly FieldCondition[];
  readonly #tenantId: string;
  readonly #candidates: Sql | undefined;
  readonly #overridden: ReadonlySet<string> | null;
  readonly #names = new Map<string, string>();
  readonly #features: { name: string; kept: boolean; build: () => Sql }[] = [];
  readonly #shared = new Map<string, { keys: string[]; parts: unknown[] }>();
  readonly #figures = new Set<string>();

  constructor({ tenantId, asOf, references, candidates, laterEvents = true, spellings = null, overridden = null, fewDated = [] }: StatementOptions) {
    this.asOf = asOf;
    this.references = references;
    this.laterEvents = laterEvents;
    this.spellings = spellings;
    this.fewDated = fewDated;
    this.#tenantId = tenantId;
    this.#candidates = candidates;
    this.#overridden = overridden;
  }

  /** Every table of every statement carries this condition for itself. */
  ofTenant(alias: string): Sql {
    return sql`${sql.ref(`${alias}.tenant_id`)} = ${this.#tenantId}::uuid`;
  }

  reference(segment: string): Reference {
    const reference = this.references.get(segment);
    if (reference === undefined) throw new Error(`The rule reaches segment ${segment}, which was not handed over.`);
    return reference;
  }

  /** Whether a segment may have overrides. */
  mayBeOverridden(segment: string): boolean {
    return this.#overridden === null || this.#overridden.has(segment);
  }

  /** Whether only some contacts are looked at, so that all events of theirs are best read in one pass. */
  get ofCandidates(): boolean {
    return this.#candidates !== undefined;
  }

  get tenantId(): string {
    return this.#tenantId;
  }

  /** ` and <column> in (<candidates>)`, or nothing. */
  amongCandidates(column: string): Sql {
    return this.#candidates === undefined ? sql`` : sql` and ${sql.ref(column)} in (${this.#candidates})`;
  }

  /** The name of the feature with this key, where it is there. */
  nameOf(key: string): string | undefined {
    return this.#names.get(key);
  }

  /**
   * The name of the feature with this key. What `build` needs itself has to be asked for before. One that is not `kept`
   * stands for a table that is looked up by contact: the planner sees through its name.
   */
  feature(prefix: 'events' | 'segment' | 'engagement' | 'later' | 'lists' | 'overrides', key: string, build: () => Sql, kept = true): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `${prefix}_${this.#names.size + 1}`;
    this.#names.set(key, name);
    this.#features.push({ name, kept, build });
    return name;
  }

  /**
   * Adds to what shares one feature, whatever was not there yet under its key; everyone who shares it, and its place. Where
   * those are too many for the columns of one feature, there is a second one like it, and so on: `feature` is its key.
   */
  share<Part>(wanted: string, key: string, part: Part): { feature: string; wanted: readonly Part[]; at: number } {
    for (let nth = 1; ; nth += 1) {
      const feature = nth === 1 ? wanted : `${wanted} ${nth}`;
      const shared = this.#shared.get(feature) ?? { keys: [], parts: [] };
      const known = shared.keys.indexOf(key);
      if (known === -1 && shared.keys.length === mostSharing) continue;
      this.#shared.set(feature, shared);
      const at = known === -1 ? shared.keys.push(key) - 1 : known;
      shared.parts[at] ??= part;
      return { feature, wanted: shared.parts as Part[], at };
    }
  }

  /** Remembers that an engagement figure is read; only those are selected. */
  useFigure(column: string): void {
    this.#figures.add(column);
  }

  get figures(): readonly string[] {
    return [...this.#figures];
  }

  /**
   * `select`, with the features it reads in front. Aggregates are materialised: an inlined one is run again for every row
   * of the other side wherever the planner takes that side for a single row (40 contacts in unanalysed tables: 3.5 s).
   */
  render(select: Sql): Sql {
    if (this.#features.length === 0) return select;
    const features = this.#features.map(({ name, kept, build }) =>
      sql`${sql.ref(name)} as ${kept ? sql`` : sql`not `}materialized (${build()})`);
    return sql`with ${sql.join(features, sql`, `)} ${select}`;
  }
}
