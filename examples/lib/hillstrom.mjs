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
