import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { hasRealFiles, realFile } from '../support/real-data.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const dayMs = 86_400_000;

interface Purchase { customer: string; day: string; cents: number }
interface Cohorts { cohorts: { week: string; size: number; weeks: { week: number; converted: number; conversions: number; revenue: number }[] }[] }
interface Rfm { customers: number; revenue: number; cells: { recency: number; contacts: number; revenue: number }[]; deciles: { contacts: number; share: number; revenue: number }[] }
interface Profile { members: number; fields: { field: string; values: { value: string; members: number; contacts: number; lift: number; significant: boolean; representation: string }[] }[] }

async function send(tenant: TestTenant, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await tenant.request<{ failed?: unknown[] }>(method, path, body);
  if (answer.status >= 300 || (answer.body.failed ?? []).length > 0) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`);
  return answer.body;
}

async function sendAll(tenant: TestTenant, path: string, name: string, rows: readonly object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 10_000) await send(tenant, 'POST', path, { [name]: rows.slice(at, at + 10_000) });
}

function mondayOf(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return new Date(at - ((at / dayMs + 3) % 7) * dayMs).toISOString().slice(0, 10);
}

(hasRealFiles('cdnow_master.txt') ? describe : describe.skip)('Purchases of CDNOW customers, every twentieth', () => {
  let service: TestService;
  let tenant: TestTenant;
  let segment: string;
  let purchases: Purchase[];

  beforeAll(async () => {
    const lines = (await readFile(realFile('cdnow_master.txt'), 'latin1')).split('\r\n').map((line) => line.trim().split(/\s+/)).filter(([id = '']) => /^\d+$/.test(id));
    purchases = lines.filter(([id = '']) => Number(id) % 20 === 1).map(([customer = '', date = '', , dollars = '']) => ({
      customer, day: `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`, cents: Math.round(Number(dollars) * 100),
    }));
    service = await startTestService();
    await service.clock('1998-07-01T00:00:00Z');
    tenant = await service.tenant();
    const customers = [...new Set(purchases.map(({ customer }) => customer))];
    await sendAll(tenant, '/contacts/batch', 'contacts', customers.map((customer) => ({ email: `c${customer}@example.com` })));
    await sendAll(tenant, '/events/batch', 'events', purchases.map(({ customer, day, cents }, at) => (
      { id: `p${at}`, type: 'converted', email: `c${customer}@example.com`, occurredAt: `${day}T12:00:00Z`, revenue: cents / 100 })));
    segment = (await send(tenant, 'POST', '/segments', { name: 'customers', type: 'static', emails: customers.map((customer) => `c${customer}@example.com`) }) as { id: string }).id;
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  it('make cohorts by first purchase that a plain calculation makes too', async () => {
    const { cohorts } = await send(tenant, 'GET', `/segments/${segment}/cohorts?by=firstConversion&weeks=26&from=1997-01-01&to=1997-04-30`) as Cohorts;
    const first = new Map<string, string>();
    for (const { customer, day } of purchases) if (day < (first.get(customer) ?? '9')) first.set(customer, day);
    const expected = new Map<string, { size: number; weeks: { who: Set<string>; conversions: number; cents: number }[] }>();
    for (const day of first.values()) {
      const cohort = expected.get(mondayOf(day)) ?? { size: 0, weeks: Array.from({ length: 26 }, () => ({ who: new Set<string>(), conversions: 0, cents: 0 })) };
      cohort.size += 1;
      expected.set(mondayOf(day), cohort);
    }
    for (const { customer, day, cents } of purchases) {
      const start = mondayOf(first.get(customer) ?? '');
      const week = expected.get(start)?.weeks[Math.floor((Date.parse(day) - Date.parse(start)) / dayMs / 7)];
      if (week !== undefined) [week.who, week.conversions, week.cents] = [week.who.add(customer), week.conversions + 1, week.cents + cents];
    }
    expect(cohorts.map(({ week, size, weeks }) => [week, size, weeks.map(({ converted, conversions, revenue }) => [converted, conversions, Math.round(revenue * 100)])]))
      .toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([week, { size, weeks }]) => [week, size, weeks.map(({ who, conversions, cents }) => [who.size, conversions, cents])]));
    expect(cohorts.reduce((sum, { size }) => sum + size, 0)).toBe(first.size);
  });

  it('make tenths by value whose sums are those of the file', async () => {
    const { customers, revenue, cells, deciles } = await send(tenant, 'GET', `/segments/${segment}/rfm`) as Rfm;
    const spent = new Map<string, number>();
    for (const { customer, cents } of purchases) spent.set(customer, (spent.get(customer) ?? 0) + cents);
    const sorted = [...spent.values()].sort((a, b) => b - a);
    const all = sorted.reduce((sum, cents) => sum + cents, 0);
    expect([customers, Math.round(revenue * 100), cells.reduce((sum, { contacts }) => sum + contacts, 0)]).toEqual([sorted.length, all, sorted.length]);
    let at = 0;
    for (const decile of deciles) {
      const cents = sorted.slice(at, at + decile.contacts).reduce((sum, one) => sum + one, 0);
      expect(Math.round(decile.revenue * 100)).toBe(cents);
      at += decile.contacts;
    }
    // Most buy once and little: a tenth of the customers make nearly half of the revenue.
    expect(deciles[0]?.share).toBeGreaterThan(0.4);
  });

  it('score who bought last the highest', async () => {
    const { cells } = await send(tenant, 'GET', `/segments/${segment}/rfm`) as Rfm;
    expect([...new Set(cells.map(({ recency }) => recency))]).toEqual([5, 4, 3, 2, 1]);
    const mean = (score: number): number => {
      const of = cells.filter(({ recency }) => recency === score);
      return of.reduce((sum, { revenue }) => sum + revenue, 0) / of.reduce((sum, { contacts }) => sum + contacts, 0);
    };
    expect(mean(5)).toBeGreaterThan(2 * mean(1));
  });
});

(hasRealFiles('hillstrom.csv') ? describe : describe.skip)('Hillstrom\'s customers, every eighth', () => {
  it('have a profile of buyers with the shares of the file', async () => {
    const rows = rowsOf(await readFile(realFile('hillstrom.csv'))).filter((_, at) => at % 8 === 0);
    const service = await startTestService();
    try {
      const tenant = await service.tenant();
      await send(tenant, 'POST', '/custom-fields', { key: 'zip_code', label: 'Zip code', type: 'text' });
      await sendAll(tenant, '/contacts/batch', 'contacts', rows.map((row, at) => (
        { email: `h${at}@example.com`, source: row[7], tags: [...row[3] === '1' ? ['mens'] : [], ...row[4] === '1' ? ['womens'] : []], customFields: { zip_code: row[5] } })));
      const bought = rows.flatMap((row, at) => (row[9] === '1' ? [{ row, email: `h${at}@example.com` }] : []));
      const { id } = await send(tenant, 'POST', '/segments', { name: 'visitors', type: 'static', emails: bought.map(({ email }) => email) }) as { id: string };
      const profile = await send(tenant, 'GET', `/segments/${id}/profile`) as Profile;
      expect(profile.members).toBe(bought.length);
      const found = (field: string, value: string): Profile['fields'][number]['values'][number] | undefined => (
        profile.fields.find((one) => one.field === field)?.values.find((one) => one.value === value));
      for (const [field, column, values] of [['source', 7, ['Phone', 'Web', 'Multichannel']], ['customField.zip_code', 5, ['Surburban', 'Urban', 'Rural']]] as const) {
        for (const value of values) {
          const [inside, all] = [bought.filter(({ row }) => row[column] === value).length, rows.filter((row) => row[column] === value).length];
          expect(found(field, value)).toMatchObject({ members: inside, contacts: all });
          expect(found(field, value)?.lift).toBeCloseTo((inside / bought.length) / (all / rows.length), 10);
        }
      }
      // In the whole file, visits are 18.7 % of rural customers and 14.0 % of urban and 14.1 % of suburban ones.
      expect(found('customField.zip_code', 'Rural')).toMatchObject({ representation: 'over', significant: true });
      expect(found('customField.zip_code', 'Urban')).toMatchObject({ representation: 'under' });
    } finally {
      await service.stop();
    }
  }, 120_000);
});

/** The lines of a file with a header, as texts. */
function rowsOf(file: Buffer): string[][] {
  const rows: string[][] = parse(file, { from_line: 2 });
  return rows;
}
