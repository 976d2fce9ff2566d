import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SystemClock } from '#kernel';

/** One request of an `.http` file, with its variables still in it. */
interface Written {
  title: string;
  name: string | null;
  /** Any of these. */
  statuses: readonly number[];
  /** What the answer's body holds at least, as JSON. */
  body: string | null;
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  payload: string;
}

/** An answer beside what the file says of it. */
export interface Sent {
  title: string;
  expected: { statuses: readonly number[]; body: unknown };
  status: number;
  body: unknown;
}

const expectation = /^# -> (\d{3}(?: or \d{3})*)\s*(.*)$/;
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Sends the requests of a file as editors' REST clients do: `@variable = …`, `{{variable}}`, `# @name` with
 * `{{name.response.body.path}}`, `{{$guid}}` and `{{$datetime iso8601 -3 d}}`. `given` wins over the file's own variables.
 */
export async function sendHttpFile(file: string, given: Readonly<Record<string, string>>): Promise<Sent[]> {
  const text = await readFile(file, 'utf8');
  const variables = new Map([...[...text.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]): [string, string] => [name!, value!]), ...Object.entries(given)]);
  const answers = new Map<string, unknown>();
  const fill = (template: string): string => template.replace(/\{\{(.+?)\}\}/g, (_, expression: string) => valueOf(expression, variables, answers));
  const sent: Sent[] = [];
  for (const request of text.split(/^###/m).slice(1).map(read)) {
    const response = await fetch(fill(request.url), {
      method: request.method, headers: request.headers.map(([name, value]): [string, string] => [name, fill(value)]),
      ...(request.payload === '' ? {} : { body: fill(request.payload) }),
    });
    const received = await response.text();
    const body: unknown = received === '' ? null : JSON.parse(received);
    if (request.name !== null) answers.set(request.name, body);
    const expected = request.body === null ? undefined : JSON.parse(fill(request.body)) as unknown;
    sent.push({ title: request.title, expected: { statuses: request.statuses, body: expected }, status: response.status, body });
  }
  return sent;
}

function read(block: string): Written {
  const [title = '', ...lines] = block.split('\n');
  const start = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const notes = lines.slice(0, start);
  const [method = '', url = ''] = (lines[start] ?? '').split(' ');
  const rest = lines.slice(start + 1);
  const blank = rest.indexOf('');
  const found = notes.map((line) => expectation.exec(line)).find((match) => match !== null);
  if (found === undefined) throw new Error(`“${title.trim()}” says nothing of its answer.`);
  return {
    title: title.trim(), method, url,
    name: notes.map((line) => /^# @name (\w+)$/.exec(line)?.[1]).find((name) => name !== undefined) ?? null,
    statuses: found[1]!.split(' or ').map(Number),
    body: found[2] === '' ? null : found[2]!,
    headers: (blank === -1 ? rest : rest.slice(0, blank)).map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name, value.join(': ')];
    }),
    payload: blank === -1 ? '' : rest.slice(blank).join('\n').trim(),
  };
}

function valueOf(expression: string, variables: ReadonlyMap<string, string>, answers: ReadonlyMap<string, unknown>): string {
  if (expression === '$guid') return randomUUID();
  const moment = /^\$datetime iso8601(?: (-?\d+) ([smhd]))?$/.exec(expression);
  if (moment !== null) return new Date(new SystemClock().now().getTime() + Number(moment[1] ?? 0) * (unitMs[moment[2] ?? 's'] ?? 0)).toISOString();
  const [name = '', ...path] = expression.split(/[.[\]]+/).filter((part) => part !== '');
  const found = answers.has(name) ? member(answers.get(name), path.slice(2)) : variables.get(expression);
  if (typeof found !== 'string') throw new Error(`{{${expression}}} is nothing yet.`);
  return found;
}

function member(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], body);
}
