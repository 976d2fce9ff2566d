import { Inject, Injectable } from '@nestjs/common';
import { Database, instantOrNull, sql } from '#database';
import { realTime } from '#kernel';
import { Gauge, Registry } from 'prom-client';
import { CLOCK, type Clock } from '../http/index.js';

interface Row {
  changed_at: string | null;
  due_at: string | null;
  due: string;
  queued: string;
  running: string;
  waiting: Record<Work, string | null>;
}

/** What waits in tables for a worker. */
const works = ['refresh', 'import', 'export', 'launch', 'rollup'] as const;
type Work = typeof works[number];

/**
 * How far the segments are behind, over all tenants: read from the tables at each scrape, as the sweep's role, which sees
 * no more than when something is due. The same from whichever process is asked.
 */
@Injectable()
export class Backlog {
  readonly registry = new Registry();
  readonly #changeAge = this.gauge('segments_change_lag_seconds', 'Age of the oldest change that some segment does not show yet, since none has taken it in or its refreshes fail; 0 where there is none');
  readonly #dueAge = this.gauge('segments_due_lag_seconds', 'How long the segment that is due longest has been due; 0 where none is');
  readonly #due = this.gauge('segments_due', 'Segments that owe a refresh, or that time may have moved');
  readonly #queued = this.gauge('segments_refreshes_queued', 'Refreshes that wait');
  readonly #running = this.gauge('segments_refreshes_running', 'Refreshes under way');
  readonly #waitingAge = new Gauge({
    name: 'segments_waiting_age_seconds', help: 'How long the oldest row of each kind of work has been waiting to be begun; 0 where none is', labelNames: ['kind'], registers: [this.registry],
  });
  #reading: Promise<string> | null = null;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The page of them; rejects where the database does not answer. Who asks while it is being read has the same: slow as it may be, one connection is enough. */
  async metrics(): Promise<string> {
    this.#reading ??= this.read().finally(() => { this.#reading = null; });
    return await this.#reading;
  }

  private async read(): Promise<string> {
    // A change is of the service's clock, as all data are; when a segment is due is of real time.
    const [now, realNow] = [this.clock.now(), realTime.now()];
    const [row] = await this.database.acrossTenants<Row>(sql`
      ${this.database.isDistributed ? readOldest : hopToOldest}
      select least((select min(at) from oldest), (select min(owed_since) from segment_state where at < 'infinity')) as changed_at,
        (select min(at) from segment_state where at <= ${realNow}::timestamptz) as due_at,
        (select count(*) from segment_state where at <= ${realNow}::timestamptz) as due,
        (select count(*) from segment_refresh where status = 'queued') as queued,
        (select count(*) from segment_refresh where status = 'running') as running,
        json_build_object(
          'refresh', (select min(created_at) from segment_refresh where status = 'queued'),
          'import', (select min(created_at) from import where status = 'queued'),
          'export', (select min(created_at) from export where status = 'queued'),
          'launch', (select min(launch_at) from campaign where status = 'scheduled' and launch_at <= ${now}::timestamptz),
          'rollup', (select min(created_at) from rollup where status = 'queued')) as waiting`);
    this.#changeAge.set(secondsBetween(row?.changed_at ?? null, now));
    this.#dueAge.set(secondsBetween(row?.due_at ?? null, realNow));
    this.#due.set(Number(row?.due));
    this.#queued.set(Number(row?.queued));
    this.#running.set(Number(row?.running));
    for (const kind of works) this.#waitingAge.set({ kind }, secondsBetween(row?.waiting[kind] ?? null, now));
    return await this.registry.metrics();
  }

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }
}

/** The log is hopped through by tenant: each one's first row is its oldest, however many follow. */
const hopToOldest = sql`
  with recursive oldest as (
    (select tenant_id, at from contact_change order by tenant_id, seq limit 1)
    union all
    select next.tenant_id, next.at from oldest cross join lateral (
      select c.tenant_id, c.at from contact_change c where c.tenant_id > oldest.tenant_id order by c.tenant_id, c.seq limit 1) next
  )`;

/** Citus takes no recursion over several shards; each reads its part of the log. */
const readOldest = sql`with oldest as (select min(at) as at from contact_change)`;

/** 0 where the clock was set back since. */
function secondsBetween(from: string | null, to: Date): number {
  const at = instantOrNull(from);
  return at === null ? 0 : Math.max(0, (to.getTime() - at.getTime()) / 1000);
}
