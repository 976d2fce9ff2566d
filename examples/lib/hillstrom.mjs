// Kevin Hillstrom's file, as the examples that load it or go on from it read it.
import { readFile } from 'node:fs/promises';

export const groups = ['Mens E-Mail', 'Womens E-Mail', 'No E-Mail'];

/** The first customers of the file, each with an address made of its line. */
export async function readCustomers(file, rows = Infinity) {
  const [header, ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.slice(0, rows).map((line, index) => {
    const row = Object.fromEntries(cellsOf(line).map((value, at) => [names[at], value]));
    return {
      email: `customer-${index + 1}@hillstrom.example`, group: row.segment, historySegment: row.history_segment, area: row.zip_code, channel: row.channel,
      recency: Number(row.recency), history: Number(row.history), mens: row.mens === '1', womens: row.womens === '1', newbie: row.newbie === '1',
      visited: row.visit === '1', bought: row.conversion === '1', cents: Math.round(Number(row.spend) * 100),
    };
  });
}

/** Of this file: a cell with a comma stands in quotes, and none holds a quote or a line break. */
function cellsOf(line) {
  return [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted ?? bare);
}

/** The service, the key, the file and how many rows of it: what the examples are called with. */
export function readArguments(example, args) {
  const at = args.indexOf('--rows');
  const rows = at === -1 ? Infinity : Number(args.splice(at, 2)[1]);
  const [url, apiKey, file = new URL('../../../shared/data/hillstrom.csv', import.meta.url)] = args;
  if (url === undefined || apiKey === undefined || !(rows > 0)) {
    console.error(`node examples/${example} <service URL> <API key> [hillstrom.csv] [--rows N]`);
    process.exit(2);
  }
  return [url.replace(/\/$/, ''), apiKey, file, rows];
}
