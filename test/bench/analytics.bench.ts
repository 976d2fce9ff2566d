import { type Sql, sql } from '#database';
import { dayByHand, everyone, measureColumns, recipientsByHand } from './hand-written-analytics.sql.js';
import { type Figure, figureOf, median, round, timed } from './measure.js';
import { addSegments } from './segments.js';
import type { BenchService } from './service.js';

/** What one thing took; beside a baseline, or a limit in milliseconds, where it has one. */
export interface AnalyticsFigure {
  readonly what: string;
  readonly ms: number;
  readonly baseline: (Figure & { readonly what: string; readonly times: number }) | null;
  readonly limitMs: number | null;
  readonly holds: boolean;
}

export interface AnalyticsReport {
  readonly segments: number;
  readonly days: number;
  /** Entries and exits in the days, over all segments. */
  readonly changes: number;
  readonly recipients: number;
  readonly figures: readonly AnalyticsFigure[];
}

export interface AnalyticsBench {
  readonly asOf: Date;
  readonly runs: number;
  say(line: string): void;
}

const dayMs = 86_400_000;
const segments = 100;
const days = 181;
const rollupTimes = 1.5;
const reportLimitMs = 50;
const freezeTimes = 1.5;

/**
 * A hundred segments, filled as of now, and a past for them: six in ten of the members were there from the first of the days,
 * the others came since, half of them for the second time. Refreshing at a dozen moments of the past would come to the like, and
 * takes far longer than what is measured.
 */
export async function makePast(service: BenchService, { asOf, say }: AnalyticsBench): Promise<void> {
  const { tenantId } = service;
  const begin = new Date(asOf.getTime() - days * dayMs);
  const chanceOf = (salt: string): Sql => sql`(('x' || left(md5(${salt}::text || segment_id::text || contact_id::text), 8))::bit(32)::bigint / 4294967296::float8)`;
  await addSegments(service, [], segments);
  const took = await timed(async () => {
    await service.cycle();
    await service.inTenant(async (tx) => {
      await tx.rows(sql`
        create temporary table past on commit drop as
        select segment_id, contact_id, via, ${chanceOf('since')} as since, ${chanceOf('before')} as before, ${chanceOf('left')} as part
        from membership_change where tenant_id = ${tenantId}::uuid`);
      await tx.write(sql`delete from membership_change where tenant_id = ${tenantId}::uuid`);
      // The sequence is the order of writing: it grows with the moment.
      await tx.write(sql`
        insert into membership_change (tenant_id, segment_id, contact_id, change, at, via)
        select ${tenantId}::uuid, segment_id, contact_id, change, ${begin}::timestamptz + part * interval '24 hours' * ${days}::int, via from (
          select segment_id, contact_id, via, 'entered' as change, greatest(0, (since - 0.6) / 0.4) as part from past
          union all select segment_id, contact_id, via, 'entered', 0 from past where since > 0.6 and before < 0.5
          union all select segment_id, contact_id, via, 'exited', part * (since - 0.6) / 0.4 from past where since > 0.6 and before < 0.5
        ) moved order by part, change`);
    });
  });
  await service.rows(sql`analyze membership_change, segment_member`);
  say(`${segments} segments and ${days} days of their past in ${(took / 1000).toFixed(0)} s`);
}

/** Rolls the days up, reads them, and launches a campaign. Takes a service with workers. */
export async function measureAnalytics(service: BenchService, bench: AnalyticsBench): Promise<AnalyticsReport> {
  const measurement = new AnalyticsMeasurement(service, bench);
  await measurement.rollups();
  await measurement.readings();
  const recipients = await measurement.campaigns();
  const [moved] = await service.rows<{ changes: string }>(sql`
    select count(*) as changes from membership_change where tenant_id = ${service.tenantId}::uuid and at > ${new Date(bench.asOf.getTime() - (days - 1) * dayMs)}::timestamptz`);
  return { segments, days, changes: Number(moved?.changes), recipients, figures: measurement.figures };
}

class AnalyticsMeasurement {
  readonly figures: AnalyticsFigure[] = [];

  private readonly service: BenchService;
  private readonly bench: AnalyticsBench;

  constructor(service: BenchService, bench: AnalyticsBench) {
    this.service = service;
    this.bench = bench;
  }

  async rollups(): Promise<void> {
    const { service, bench: { asOf, runs } } = this;
    const backfill = await timed(async () => { await service.rollUp(asOf); });
    this.note({ what: 'backfill of 400 days, once', taken: [backfill] });
    // The nightly run does the last two days again, whoever committed late on them.
    const again = [2, 1].map((ago) => dayOf(new Date(asOf.getTime() - ago * dayMs)));
    const [ours, hand]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < runs; turn += 1) {
      hand.push(await timed(async () => { for (const day of again) await this.storeByHand(day); }));
      ours.push(await timed(async () => { await service.rollUp(asOf); }));
    }
    for (const day of again) await this.expectSameDay(day);
    this.note({ what: 'nightly rollup: two days of 100 segments', taken: ours, beside: { what: 'the same rows by hand-written SQL', taken: hand, times: rollupTimes } });
  }

  async readings(): Promise<void> {
    const id = await this.idOf('All Active Subscribers');
    const others = [id, await this.idOf('Industry'), await this.idOf('Cold Leads')];
    const to = dayOf(this.bench.asOf);
    await this.request('report of today, nothing of it rolled up', 'GET', `/segments/${id}/analytics?from=${to}&to=${to}`);
    this.note({ what: 'rolling up the half hours of today, once', taken: [await timed(async () => { await this.service.rollToday(this.bench.asOf); })] });
    for (const length of [90, days]) {
      await this.request(`report of ${length} days`, 'GET', `/segments/${id}/analytics?from=${dayOf(new Date(this.bench.asOf.getTime() - (length - 1) * dayMs))}&to=${to}`, undefined, reportLimitMs);
    }
    await this.request('three segments compared over 30 days', 'GET', `/segments/compare?ids=${others.join(',')}`);
    await this.request('funnel of 30 days', 'GET', `/segments/${id}/funnel`);
    await this.request('cohorts of 12 weeks by entry', 'GET', `/segments/${id}/cohorts`);
    await this.request('cohorts of 12 weeks by first conversion', 'GET', `/segments/${id}/cohorts?by=firstConversion`);
    await this.request('RFM', 'GET', `/segments/${id}/rfm`);
    await this.request('profile', 'GET', `/segments/${id}/profile`);
  }

  /** A campaign of three segments without a fourth; how many recipients it had. */
  async campaigns(): Promise<number> {
    const { service, bench: { asOf, runs } } = this;
    const [include, exclude] = [[await this.idOf('All Active Subscribers'), await this.idOf('Product Users'), await this.idOf('Industry')], [await this.idOf('Unengaged (90+ days)')]];
    await service.request('POST', '/suppressions/batch', {
      suppressions: [{ domain: 'example.org' }, ...Array.from({ length: 5000 }, (_, at) => ({ address: `contact-${at * 7}@example.com` }))],
    });
    const { id } = await service.request<{ id: string }>('POST', '/campaigns', { name: 'Bench' });
    await service.request('PUT', `/campaigns/${id}/audience`, {
      include: include.map((segmentId) => ({ segmentId })), exclude: exclude.map((segmentId) => ({ segmentId })), frequencyCap: { campaigns: 2, days: 14 }, holdoutPercent: 5,
    });
    const byHand = recipientsByHand({ tenantId: service.tenantId, campaignId: id, include, exclude, campaigns: 2, since: new Date(asOf.getTime() - 14 * dayMs), now: asOf, holdoutPercent: 5 });
    const [freezes, hand]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < runs; turn += 1) {
      freezes.push(await service.freeze(id, asOf));
      hand.push(await service.takenBack(sql`insert into campaign_recipient (tenant_id, campaign_id, contact_id, include, holdout, send_at) ${byHand}`));
    }
    await this.request('audience preview, three segments without a fourth', 'POST', `/campaigns/${id}/audience/preview`, {});
    this.note({ what: 'freezing the recipients, in one transaction', taken: freezes, beside: { what: 'one hand-written insert … select', taken: hand, times: freezeTimes } });
    this.note({ what: 'launch over HTTP, its segments made fresh first, once', taken: [await timed(async () => { await service.request('POST', `/campaigns/${id}/launch`, {}); })] });
    const stored = sql`select contact_id, include, holdout from campaign_recipient where tenant_id = ${service.tenantId}::uuid and campaign_id = ${id}::uuid`;
    const hands = sql`select contact_id, include, holdout from (${byHand}) h`;
    await this.expectNone('the recipients', sql`((${stored}) except (${hands})) union all ((${hands}) except (${stored}))`);
    await this.request('recipients, a page of 1,000', 'GET', `/campaigns/${id}/recipients?limit=1000`);
    await this.request('report of the launched campaign', 'GET', `/campaigns/${id}/report`);
    return (await service.request<{ waterfall: { final: number } }>('GET', `/campaigns/${id}`)).waterfall.final;
  }

  private async request(what: string, method: string, path: string, body?: object, limitMs: number | null = null): Promise<void> {
    const taken: number[] = [];
    for (let turn = 0; turn < this.bench.runs; turn += 1) taken.push(await timed(async () => { await this.service.request(method, path, body); }));
    this.note({ what, taken, limitMs });
  }

  private note({ what, taken, beside, limitMs = null }: {
    what: string; taken: readonly number[]; beside?: { what: string; taken: readonly number[]; times: number }; limitMs?: number | null;
  }): void {
    const ms = round(median(taken));
    const baseline = beside === undefined ? null : { ...figureOf(taken, beside.taken, beside.times), what: beside.what, times: beside.times };
    const figure = { what, ms, baseline, limitMs, holds: (baseline?.holds ?? true) && (limitMs === null || ms <= limitMs) };
    this.figures.push(figure);
    const against = baseline === null ? '' : `, by hand ${baseline.baselineMs.toFixed(0)} ms = ${baseline.ratio.toFixed(2)}`;
    this.bench.say(`${what.padEnd(48)} ${ms.toFixed(0).padStart(7)} ms${against}${figure.holds ? '' : ' ✗'}`);
  }

  /** Over whatever was there, as the rollup does. */
  private async storeByHand(day: string): Promise<void> {
    const { service: { tenantId } } = this;
    await this.service.inTenant(async (tx) => {
      await tx.write(sql`delete from segment_day where tenant_id = ${tenantId}::uuid and day = ${day}::date and part = 'living'`);
      await tx.write(sql`delete from tenant_day where tenant_id = ${tenantId}::uuid and day = ${day}::date and part = 'living'`);
      await tx.write(sql`
        with by_hand as materialized (${dayByHand(tenantId, day)}),
        of_everyone as (
          insert into tenant_day (tenant_id, day, part, ${measureColumns}) select ${tenantId}::uuid, ${day}::date, 'living', ${measureColumns} from by_hand where segment_id = ${everyone}::uuid
        )
        insert into segment_day (tenant_id, segment_id, day, part, size, entered, exited, ${measureColumns})
        select ${tenantId}::uuid, segment_id, ${day}::date, 'living', size, entered, exited, ${measureColumns} from by_hand where segment_id <> ${everyone}::uuid`);
    });
  }

  private async expectSameDay(day: string): Promise<void> {
    const stored = (table: string, segment: Sql, sizes: Sql): Sql => sql`
      select ${segment}, ${sizes}, ${measureColumns} from ${sql.table(table)} where tenant_id = ${this.service.tenantId}::uuid and day = ${day}::date and part = 'living'`;
    const ours = sql`${stored('segment_day', sql`segment_id`, sql`size, entered, exited`)} union all ${stored('tenant_day', sql`${everyone}::uuid`, sql`0, 0, 0`)}`;
    const hand = sql`select segment_id, size, entered, exited, ${measureColumns} from (${dayByHand(this.service.tenantId, day)}) h`;
    await this.expectNone(`the rollup of ${day}`, sql`((${ours}) except (${hand})) union all ((${hand}) except (${ours}))`);
  }

  private async expectNone(what: string, differences: Sql): Promise<void> {
    // With the usual memory the sets of a million contacts were looked up one by one, for minutes.
    const rows = await this.service.inTenant(async (tx) => {
      await tx.giveMemory();
      return await tx.rows<object>(sql`select * from (${differences}) d limit 3`);
    });
    if (rows.length > 0) throw new Error(`${what}: ours and by hand differ: ${JSON.stringify(rows)}`);
  }

  private async idOf(name: string): Promise<string> {
    const [row] = await this.service.rows<{ id: string }>(sql`select id from segment where tenant_id = ${this.service.tenantId}::uuid and name = ${name}`);
    if (row === undefined) throw new Error(`there is no segment ${name}`);
    return row.id;
  }
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
