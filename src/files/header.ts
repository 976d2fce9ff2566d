import { tooManyColumns } from './files.problems.js';
import type { ImportOptions } from './import-options.js';
import { errorsColumn } from './mapping.js';
import { mostColumns } from './read/rows.js';

/** Whether the first row says what the columns are: of a file of errors it does, whatever was said of the file that they are of. */
export function hasHeader(cells: readonly string[], header: ImportOptions['header']): boolean {
  return header === 'yes' || (cells.at(-1) === errorsColumn && cells.slice(0, -1).every((cell, at) => cell === numbered(at)));
}

/** The names of a file's columns, each once: the texts of its first row, or their numbers where that is a row as any other. */
export function columnNames(cells: readonly string[], header: boolean): readonly string[] {
  if (cells.length > mostColumns) throw tooManyColumns(mostColumns);
  const taken = new Set<string>();
  return cells.map((cell, at) => {
    const name = !header || cell.trim() === '' ? numbered(at) : cell.trim();
    let free = name;
    for (let turn = 2; taken.has(free); turn += 1) free = `${name} (${turn})`;
    taken.add(free);
    return free;
  });
}

function numbered(at: number): string {
  return `column ${at + 1}`;
}
