import { Injectable } from '@nestjs/common';
import { Database, instantOf, type TenantTransaction } from '#database';
import { alwaysMatches, meaningOf, neverMatches, type Rule, type SegmentDefinition } from '#rules';
import { countContacts } from '../contacts/index.js';
import { RulesEngineService } from '../rules-engine/index.js';
import { oldestStanding, type Standing, standingFrom, standingView } from '../segments/index.js';
import type { AlikeDto, ContradictionDto, DeclineDto, FindingDto, HygieneDto } from './dto/hygiene.dto.js';
import { type AlikePair, findAlike, readFacts, type SegmentFacts } from './sql/hygiene.sql.js';

const dayMs = 86_400_000;
const [unusedDays, declineDays] = [90, 30];
/** A loss from here on is a decline. */
const lostShare = 0.1;
/** Sets whose intersection is this much of their union are near duplicates. */
const alike = 0.9;
/** More members than these are sampled: the report is for reading, and a second is long. */
const mostMembers = 500_000;

type Fact = SegmentFacts & { count: number; rule: Rule | null; standing: Standing };

/** What there is to tidy up among a tenant's segments. */
@Injectable()
export class HygieneService {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
  ) {}

  async report(tenantId: string, now: Date, signal?: AbortSignal): Promise<HygieneDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const facts = await this.facts(tx, now);
      const contactCount = await countContacts(tx);
      return {
        at: now.toISOString(), ...standingView(await oldestStanding(tx)), contactCount,
        unused: facts.flatMap((fact) => unused(fact, now)), empty: facts.flatMap(empty), failing: facts.flatMap(failing),
        declining: facts.flatMap(declining), everyone: facts.flatMap((fact) => everyone(fact, contactCount)),
        contradictory: facts.flatMap(contradictory),
        nearDuplicates: [...alikeByRules(facts), ...await this.alikeByMembers(tx, facts)],
      };
    }, signal);
  }

  private async facts(tx: TenantTransaction, now: Date): Promise<Fact[]> {
    const rows = await tx.rows<SegmentFacts>(readFacts(tx.tenantId, new Date(now.getTime() - declineDays * dayMs)));
    const vocabulary = await this.engine.vocabulary(tx);
    return rows.map((row) => ({
      ...row, count: Number(row.size), standing: standingFrom(row), rule: row.rules === null ? null : this.engine.ready(row.rules as SegmentDefinition, vocabulary).rule,
    }));
  }

  private async alikeByMembers(tx: TenantTransaction, facts: readonly Fact[]): Promise<AlikeDto[]> {
    const filled = facts.filter(({ count }) => count > 0);
    const nth = Math.min(128, Math.max(1, Math.ceil(filled.reduce((sum, { count }) => sum + count, 0) / mostMembers)));
    const pairs = await tx.rows<AlikePair>(findAlike(tx.tenantId, filled.map(({ id }) => id), filled.map(({ count }) => count), alike, nth));
    const names = new Map(facts.map(({ id, name }) => [id, name]));
    return pairs.map(({ a, b, jaccard }) => ({ a, nameOfA: names.get(a) ?? '', b, nameOfB: names.get(b) ?? '', by: 'members', jaccard }));
  }
}

function finding({ id, name, standing }: Fact, reason: string): FindingDto {
  return { id, name, reason, ...standingView(standing) };
}

function unused(fact: Fact, now: Date): FindingDto[] {
  const since = instantOf(fact.used_at);
  const idle = !fact.named && since.getTime() < now.getTime() - unusedDays * dayMs;
  return idle ? [finding(fact, `Nobody changed it or asked for its members since ${since.toISOString().slice(0, 10)}.`)] : [];
}

function empty(fact: Fact): FindingDto[] {
  return fact.status === 'active' && fact.refreshed && fact.count === 0 ? [finding(fact, 'Nobody is in it.')] : [];
}

function failing(fact: Fact): FindingDto[] {
  return fact.error === null ? [] : [finding(fact, `Its last refresh failed${fact.error === '' ? '' : `: ${fact.error}`}.`)];
}

function declining(fact: Fact): DeclineDto[] {
  const before = fact.count - Number(fact.grown);
  const lost = before - fact.count;
  if (lost <= 0 || lost < before * lostShare) return [];
  return [{ ...finding(fact, `It has lost ${Math.round(lost / before * 100)} % in ${declineDays} days.`), before, size: fact.count }];
}

function everyone(fact: Fact, contactCount: number): FindingDto[] {
  if (fact.rule === null) return [];
  const always = alwaysMatches(fact.rule);
  if (always !== null) return [finding(fact, always.reason)];
  return fact.status === 'active' && contactCount > 0 && fact.count === contactCount ? [finding(fact, 'Every contact is in it.')] : [];
}

function contradictory(fact: Fact): ContradictionDto[] {
  const never = fact.rule === null ? null : neverMatches(fact.rule);
  return never === null ? [] : [{ ...finding(fact, never.reason), pointers: [...never.pointers] }];
}

/** Each with the first that says the same. */
function alikeByRules(facts: readonly Fact[]): AlikeDto[] {
  const same = Map.groupBy(facts.filter(({ rule }) => rule !== null), ({ rule }) => meaningOf(rule as Rule));
  return [...same.values()].flatMap(([first, ...rest]) => (first === undefined ? [] : rest.map((other): AlikeDto => ({
    a: first.id, nameOfA: first.name, b: other.id, nameOfB: other.name, by: 'rules', jaccard: null,
  }))));
}
