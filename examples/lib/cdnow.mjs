// The purchases of CDNOW's customers as a plain calculation sees them: what the service is held to.
import { readFile } from 'node:fs/promises';

export const dayMs = 86_400_000;

/** The purchases of every n-th customer, and the same lines as the file has them, its title before them. */
export async function readPurchases(file, every = 1) {
  const [title, ...lines] = (await readFile(file, 'latin1')).split('\r\n').filter(line => line.trim() !== '');
  const rows = lines.map(line => ({ line, cells: line.trim().split(/\s+/) })).filter(({ cells: [customer] }) => Number(customer) % every === 1 % every);
  const purchases = rows.map(({ cells: [customer, day, , paid] }) => (
    { customer, at: Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`), cents: Math.round(Number(paid) * 100) }));
  return { text: `${[title, ...rows.map(({ line }) => line)].join('\r\n')}\r\n`, purchases };
}

/** What each customer bought up to a moment, by customer. */
export function boughtUntil(purchases, until) {
  const found = new Map();
  for (const purchase of purchases) if (purchase.at <= until) found.set(purchase.customer, [...found.get(purchase.customer) ?? [], purchase]);
  return found;
}

/** By the week of the first purchase, from Monday on: how many customers, and in each week since, who bought, how often and for how much. */
export function cohortsOf(purchases, weeks) {
  const cohorts = new Map();
  for (const bought of boughtUntil(purchases, Infinity).values()) {
    const start = mondayOf(Math.min(...bought.map(({ at }) => at)));
    const cohort = cohorts.get(start) ?? { size: 0, weeks: Array.from({ length: weeks }, () => ({ customers: new Set(), purchases: 0, cents: 0 })) };
    cohorts.set(start, cohort);
    cohort.size += 1;
    for (const { customer, at, cents } of bought) {
      const week = cohort.weeks[Math.floor((at - start) / dayMs / 7)];
      if (week !== undefined) Object.assign(week, { customers: week.customers.add(customer), purchases: week.purchases + 1, cents: week.cents + cents });
    }
  }
  return [...cohorts].sort(([a], [b]) => a - b).map(([start, { size, weeks: since }]) => (
    { week: new Date(start).toISOString().slice(0, 10), size, weeks: since.map(({ customers, ...sums }) => ({ ...sums, customers: customers.size })) }));
}

function mondayOf(at) {
  return at - ((at / dayMs + 3) % 7) * dayMs;
}

/** Customers and cents by recency, frequency and monetary score, as `r-f-m`; 1 to 5 by rank, where equals stand together. */
export function rfmOf(purchases) {
  const customers = [...boughtUntil(purchases, Infinity).values()].map(bought => (
    { last: Math.max(...bought.map(({ at }) => at)), times: bought.length, cents: bought.reduce((sum, { cents }) => sum + cents, 0) }));
  const scoreBy = key => {
    const sorted = customers.map(customer => customer[key]).sort((a, b) => a - b);
    const fewer = new Map(sorted.map((value, place) => [value, place]).reverse());
    return customer => Math.min(5, 1 + Math.floor(5 * (fewer.get(customer[key]) / Math.max(1, sorted.length - 1))));
  };
  const scores = ['last', 'times', 'cents'].map(scoreBy);
  const cells = new Map();
  for (const customer of customers) {
    const name = scores.map(score => score(customer)).join('-');
    const { contacts = 0, purchases: had = 0, cents = 0 } = cells.get(name) ?? {};
    cells.set(name, { contacts: contacts + 1, purchases: had + customer.times, cents: cents + customer.cents });
  }
  return { cells, spent: customers.map(({ cents }) => cents).sort((a, b) => b - a) };
}
