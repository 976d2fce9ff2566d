import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { instantOrNull, type Sql, sql, type TenantStatements } from '#database';
import {
  breakdown, type Breakdown, breakdownSql, campaignsNamed, datesToCount, dependencies, type Dependencies, describe, expandedDependencies, explain, type Explanation, membersSql, nextEdge, type NodeCounts, nodesOf, parse, parseStored,
  type References, resolveReferences, type Rule, type SegmentDefinition, segmentsNamed, selectFewDated, selectSpellings, type Spellings, type StatementOptions, type TimedRule, timeDependent, timeMoved, type TimeMoved, timeMovedSql, verdictsSql, type Vocabulary,
} from '#rules';
import { contactsOf, ZonesService } from '../contacts/index.js';
import { loadContactSnapshots } from './contact-snapshot.js';
import { invalidRules, tooManyNodes } from './rules-engine.problems.js';
import { loadVocabulary } from './vocabulary.js';

/** A rule with every segment that it reaches: all that a reading needs. */
export interface ReadyRule {
  readonly definition: SegmentDefinition;
  readonly rule: Rule;
  readonly references: References;
}

export interface CheckedRule extends ReadyRule {
  readonly description: string;
  readonly dependencies: Dependencies;
  readonly timeDependent: boolean;
}

/** What a snapshot knows, so that its statements need not reckon with anything else: no other may use it. */
export interface Known {
  readonly latestEventAt: Date | null;
  /** The segments that have overrides. */
  readonly overridden: ReadonlySet<string>;
  /** Of the campaigns that the rule names by their ids; null: no rule was asked for. */
  readonly spellings: Spellings | null;
  /** The conditions of the rule on custom dates that few contacts pass, as of the moment that was asked for. */
  readonly fewDated: NonNullable<StatementOptions['fewDated']>;
}

/** A moment in a snapshot. */
export interface KnownMoment extends Known {
  readonly asOf: Date;
}

/** Each is three columns of a statement at most, and PostgreSQL takes 1,664. */
const mostNodes = 500;

export type Versions = ReadonlyMap<string, number>;

export interface CheckOptions {
  /** The segment being saved, so that cycles and its dependents are seen. */
  readonly self?: string;
  /** Its present rules, or those it is a copy of: a condition that stands there may keep a removed option. */
  readonly stored?: SegmentDefinition | null;
  /** Where the caller has loaded it already, as for many rules in one transaction. */
  readonly vocabulary?: Vocabulary;
}

/** Rules of a tenant: read, checked, described, explained, and turned into the SQL of their members. */
@Injectable()
export class RulesEngineService {
  constructor(private readonly zones: ZonesService) {}

  /** What the tenant adds to the registry, as this transaction sees it; with the rules of these segments and of all that they reach only, where some are named. */
  async vocabulary(tx: TenantStatements, named?: readonly string[]): Promise<Vocabulary> {
    return await loadVocabulary(tx, named === undefined ? null : { named });
  }

  /** Reads a definition that somebody sent, and gives it back as it is to be stored; throws the 422 with every fault. */
  async check(tx: TenantStatements, sent: unknown, options: CheckOptions = {}): Promise<CheckedRule> {
    const vocabulary = options.vocabulary
      ?? await loadVocabulary(tx, { named: segmentsNamed(sent), ...(options.self === undefined ? {} : { self: options.self }) });
    const parsed = parse(sent, vocabulary, {
      zoneOf: this.zoneOf,
      ...(options.self === undefined ? {} : { self: options.self }),
      ...(options.stored === undefined || options.stored === null ? {} : { stored: options.stored }),
    });
    if (parsed.rule === undefined) throw invalidRules(parsed.faults);
    const references = resolveReferences(parsed.rule, vocabulary, this.zoneOf);
    return {
      definition: withZone(sent as SegmentDefinition, parsed.rule.timezone), rule: parsed.rule, references, description: describe(parsed.rule),
      dependencies: dependencies(parsed.rule), timeDependent: timeDependent(parsed.rule, references),
    };
  }

  /** Reads a stored definition, where the transaction reads no other. */
  async readyIn(tx: TenantStatements, definition: SegmentDefinition): Promise<ReadyRule> {
    return this.ready(definition, await this.vocabulary(tx, segmentsNamed(definition)));
  }

  /** Reads a stored definition. */
  ready(definition: SegmentDefinition, vocabulary: Vocabulary): ReadyRule {
    const rule = parseStored(definition, vocabulary, this.zoneOf);
    return { definition, rule, references: resolveReferences(rule, vocabulary, this.zoneOf) };
  }

  /** What a repeatable-read transaction asks first: when the latest event is (contact_engagement_latest), whose members are pinned, how events spell the campaigns that a rule names, and which of its dates few contacts have at a moment. */
  async known(tx: TenantStatements, ready?: ReadyRule, asOf?: Date): Promise<Known> {
    const { tenantId } = tx;
    const row = await tx.row<{ latest: string | null; overridden: string[] | null }>(sql`
      select (select latest_event_at from contact_engagement where tenant_id = ${tenantId}::uuid order by latest_event_at desc limit 1) as latest,
        (select array_agg(s.id) from segment s cross join lateral (
          select from segment_override o where o.tenant_id = ${tenantId}::uuid and o.segment_id = s.id order by o.contact_id limit 1) pinned
          where s.tenant_id = ${tenantId}::uuid) as overridden`);
    return {
      latestEventAt: instantOrNull(row?.latest ?? null), overridden: new Set(row?.overridden), spellings: ready === undefined ? null : await spellingsOf(tx, ready),
      fewDated: ready === undefined || asOf === undefined ? [] : await fewDatedOf(tx, ready, asOf),
    };
  }

  /**
   * Who matches at a moment: a SELECT of one column `contact_id`. With `overridesOf` that segment's own overrides are
   * applied, which makes it that segment's members. `candidates` (a SELECT of contact ids) restricts every scan.
   */
  membersSql(tenantId: string, ready: ReadyRule, at: Date | KnownMoment, overridesOf?: string, candidates?: Sql): Sql {
    return membersSql({
      rule: ready.rule, references: ready.references, tenantId, ...atMoment(at),
      ...(overridesOf === undefined ? {} : { withSegmentOverrides: overridesOf }),
      ...(candidates === undefined ? {} : { candidates }),
    });
  }

  /** For each node of a rule whom it is true for and whom it decides; with `overridesOf` a pin of that segment decides first. @throws 422 where there are over 500. */
  async breakdown(tx: TenantStatements, ready: ReadyRule, at: Date | KnownMoment, overridesOf?: string): Promise<Breakdown> {
    if (nodesOf(ready.rule).length > mostNodes) throw tooManyNodes(mostNodes);
    const counts = await tx.row<NodeCounts>(breakdownSql({
      rule: ready.rule, references: ready.references, tenantId: tx.tenantId, ...atMoment(at),
      ...(overridesOf === undefined ? {} : { withSegmentOverrides: overridesOf }),
    }));
    return breakdown(ready.definition, counts ?? { matches: [], decides: [] });
  }

  /** Who of the candidates is a member of which of many segments at a moment, overrides applied: a SELECT of `segment_id` and `contact_id`. */
  verdictsSql(tenantId: string, segments: ReadonlyMap<string, ReadyRule>, at: Date | KnownMoment, candidates: Sql): Sql {
    return verdictsSql({
      segments: new Map([...segments].map(([id, { rule }]) => [id, rule])),
      references: new Map([...segments.values()].flatMap(({ references }) => [...references])),
      tenantId, ...atMoment(at), candidates,
    });
  }

  /** Why a contact matches or does not; `null` where there is no such contact. */
  async explain(tx: TenantStatements, ready: ReadyRule, contactId: string, asOf: Date): Promise<Explanation | null> {
    const [snapshot] = await loadContactSnapshots(tx, [contactId]);
    if (snapshot === undefined) return null;
    return explain(ready.definition, ready.rule, snapshot, { asOf: asOf.getTime(), references: ready.references });
  }

  /** The versions of all that rules may reach, by id: segments, custom fields and event types. */
  async versions(tx: TenantStatements): Promise<Versions> {
    const rows = await tx.rows<{ id: string; version: number }>(sql`
      select id, rules_version as version from segment where tenant_id = ${tx.tenantId}::uuid
      union all select id, version from custom_field where tenant_id = ${tx.tenantId}::uuid
      union all select id, version from event_type where tenant_id = ${tx.tenantId}::uuid`);
    return new Map(rows.map(({ id, version }) => [id, version]));
  }

  /**
   * Changes whenever the same stored rule would mean something else: the versions of the segment and of every segment,
   * custom field and event type that its rule reaches.
   */
  fingerprint(segmentId: string, { rule, references }: ReadyRule, versions: Versions): string {
    const reached = expandedDependencies(rule, references);
    const ids = [segmentId, ...references.keys(), ...reached.customFields, ...reached.eventTypes];
    const parts = ids.map((id) => `${id}:${versions.get(id)}`).sort();
    return createHash('sha256').update(parts.join('\n')).digest('base64url');
  }

  /**
   * The contacts that the step from one moment to another may move with no new data, and for each segment, in their order,
   * from which sources: only they may move its members. Sources are numbered from `firstSource` on.
   */
  timeMoved(tenantId: string, segments: ReadonlyMap<string, ReadyRule>, from: Date, to: Date, firstSource: number): TimeMoved {
    return timeMoved({ tenantId, rules: timed(segments), from: from.getTime(), to: to.getTime() }, firstSource);
  }

  /** The contacts that the same step may move under one rule, of a segment or nobody's: a SELECT of one column `contact_id`. */
  timeMovedSql(tenantId: string, { rule, references }: ReadyRule, segment: string | null, from: Date, to: Date): Sql {
    return timeMovedSql({ tenantId, rules: [{ rule, references, segment }], from: from.getTime(), to: to.getTime() });
  }

  /** When time alone may next move a member of any of the segments, with the data of now: a lower bound; null: never. */
  async nextEdge(tx: TenantStatements, segments: ReadonlyMap<string, ReadyRule>, asOf: Date): Promise<Date | null> {
    const next = nextEdge({ tenantId: tx.tenantId, rules: timed(segments), asOf: asOf.getTime() });
    const found = next.sql === null ? [] : await tx.rows<{ edge: number; at: string | null }>(next.sql);
    const due = next.due(found.map(({ edge, at }) => ({ edge, at: instantOrNull(at)?.getTime() ?? null })));
    return due === null ? null : new Date(due);
  }

  private readonly zoneOf = (name: string): string | undefined => this.zones.resolve(name);
}

/** The definition with its zone, where it names one, in the database's spelling; all else is as sent, in the same order. */
function withZone(sent: SegmentDefinition, timezone: string): SegmentDefinition {
  return sent.timezone === undefined || sent.timezone === timezone ? sent : { ...sent, timezone };
}

async function spellingsOf(tx: TenantStatements, { rule, references }: ReadyRule): Promise<Spellings> {
  const named = campaignsNamed(rule, references);
  const found = named.length === 0 ? [] : await tx.rows<{ named: string; id: string }>(selectSpellings(tx.tenantId, named));
  return new Map(named.map((one) => [one, found.filter((row) => row.named === one).map(({ id }) => id)]));
}

/** Counts up to a twelfth of all contacts by an index, which costs a hundredth of reading them all. */
async function fewDatedOf(tx: TenantStatements, { rule, references }: ReadyRule, asOf: Date): Promise<Known['fewDated']> {
  const counted = datesToCount(rule);
  if (counted.length === 0) return [];
  const few = await tx.rows<{ at: number }>(selectFewDated(counted, rule, { tenantId: tx.tenantId, references, asOf: asOf.getTime() }, contactsOf(tx.tenantId)));
  return few.map(({ at }) => counted[at]!);
}

function atMoment(at: Date | KnownMoment): Omit<StatementOptions, 'tenantId' | 'references' | 'candidates'> {
  if (at instanceof Date) return { asOf: at.getTime() };
  const { asOf, latestEventAt, overridden, spellings, fewDated } = at;
  return { asOf: asOf.getTime(), laterEvents: latestEventAt !== null && latestEventAt > asOf, overridden, spellings, fewDated };
}

function timed(segments: ReadonlyMap<string, ReadyRule>): TimedRule[] {
  return [...segments].map(([segment, { rule, references }]) => ({ rule, references, segment }));
}
