import { sql } from '#database';
import { type SegmentDefinition, templates } from '#rules';
import { wilsonInterval } from '#statistics';
import { type Figure, figureOf, timed } from './measure.js';
import { chance } from './random.js';
import { makeTemplate } from './segments.js';
import type { BenchService } from './service.js';

/** A preview that estimates beside the one that counts, both over HTTP. */
export interface EstimateFigure {
  readonly number: number;
  readonly name: string;
  readonly members: number;
  readonly figure: Figure;
  /** In how many of the draws the interval held the true number; `null` where the preview counted after all. */
  readonly covered: number | null;
}

export interface EstimatesReport {
  readonly draws: number;
  readonly figures: readonly EstimateFigure[];
}

interface Bench { readonly service: BenchService; readonly asOf: Date; readonly runs: number; say(line: string): void }

const [draws, times] = [1000, 0.1];
/** As in src/segments/estimate.ts and src/segments/sql/sample.sql.ts: a contact's part, and about how many contacts are looked at. */
const [allBuckets, sampleSize] = [1024, 20_000];

/** Of the guide's segments those that ask for events. */
export async function measureEstimates({ service, asOf, runs, say }: Bench): Promise<EstimatesReport> {
  const figures: EstimateFigure[] = [];
  for (const { key, number, name, rules: asked } of templates) {
    if (!JSON.stringify(asked).includes('"event"')) continue;
    const { rules } = await makeTemplate(service, key);
    const preview = async (exact: boolean): Promise<{ count: number; exact: boolean }> => await service.request('POST', '/segments/preview', { rules, exact, sampleLimit: 0 });
    const { count: members } = await preview(true);
    const estimates = !(await preview(false)).exact;
    const [ours, counted]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < runs; turn += 1) {
      ours.push(await timed(async () => await preview(false)));
      counted.push(await timed(async () => await preview(true)));
    }
    const figure = { number, name, members, figure: figureOf(ours, counted, times), covered: estimates ? await coverage(service, rules, asOf) : null };
    say(`${String(number).padStart(2)} ${name}: ${figure.figure.ms} ms, exact ${figure.figure.baselineMs} ms, ${figure.figure.ratio}; ${figure.covered === null ? 'counted' : `right in ${figure.covered} of ${draws} draws`}`);
    figures.push(figure);
  }
  return { draws, figures };
}

/** Of other parts each time: how often the interval of the service holds how many there are. */
async function coverage(service: BenchService, rules: SegmentDefinition, asOf: Date): Promise<number> {
  const members = await service.members(rules, asOf);
  const parts = (await service.rows<{ contacts: string; matched: string }>(sql`
    select count(*) as contacts, count(m.contact_id) as matched from contact c left join (${members}) m on m.contact_id = c.id
    where c.tenant_id = ${service.tenantId}::uuid group by c.bucket`)).map(({ contacts, matched }) => ({ contacts: Number(contacts), matched: Number(matched) }));
  const sum = (some: readonly { contacts: number; matched: number }[], what: 'contacts' | 'matched'): number => some.reduce((total, part) => total + part[what], 0);
  const [contacts, matched] = [sum(parts, 'contacts'), sum(parts, 'matched')];
  const taken = Math.min(parts.length, Math.ceil(allBuckets * sampleSize / contacts));
  const random = chance(1);
  let covered = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    for (let at = 0; at < taken; at += 1) {
      const other = at + Math.floor(random() * (parts.length - at));
      [parts[at], parts[other]] = [parts[other]!, parts[at]!];
    }
    const drawn = parts.slice(0, taken);
    const interval = wilsonInterval({ successes: sum(drawn, 'matched'), trials: sum(drawn, 'contacts') });
    if (interval !== null && Math.floor(contacts * interval.low) <= matched && matched <= Math.ceil(contacts * interval.high)) covered += 1;
  }
  return covered;
}
