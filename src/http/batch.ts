import { type InputFault, invalid, pointerTo, Problem } from '#kernel';

const mostRows = 10_000;

function tooManyRows(): Problem {
  return new Problem('too-large', 413, 'Too large', `A batch has at most ${mostRows.toLocaleString('en-US')} rows; nothing was stored.`);
}

/**
 * The rows of a body that is a batch, under the name `list`; they are judged one by one, further in. By hand: a copy of
 * 10,000 objects is saved. `beside` are the other members that the body may have, `faults` what is wrong with them.
 */
export function rowsOfBatch(body: object, list: string, beside: readonly string[] = [], faults: readonly InputFault[] = []): readonly unknown[] {
  const known = [list, ...beside];
  const all = Object.keys(body).filter((name) => !known.includes(name)).map((name): InputFault => ({
    path: pointerTo('', name), code: 'unknown_property', message: `A batch has no property ${JSON.stringify(name.slice(0, 80))}; it has ${known.join(', ')}.`,
  }));
  const rows = Object.hasOwn(body, list) ? (body as Record<string, unknown>)[list] : undefined;
  if (!Array.isArray(rows)) all.push({ path: pointerTo('', list), code: rows === undefined ? 'value_missing' : 'shape_invalid', message: `${list} is a list.` });
  else if (rows.length > mostRows) throw tooManyRows();
  if (all.length + faults.length > 0) throw invalid([...all, ...faults]);
  return rows as unknown[];
}
