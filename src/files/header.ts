import { tooManyColumns } from './files.problems.js';
import type { ImportOptions } from './import-options.js';
import { mostColumns } from './read/rows.js';

/** The names of a file's columns, each once: the texts of its first row, or their numbers where that is a row as any other. */
export function columnNames(cells: readonly string[], header: ImportOptions['header']): readonly string[] {
  if (cells.length > mostColumns) throw tooManyColumns(mostColumns);
  const taken = new Set<string>();
  return cells.map((cell, at) => {
    const name = header === 'no' || cell.trim() === '' ? `column ${at + 1}` : cell.trim();
    let free = name;
    for (let turn = 2; taken.has(free); turn += 1) free = `${name} (${turn})`;
    taken.add(free);
    return free;
  });
}
