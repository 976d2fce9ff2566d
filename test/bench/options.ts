import { parseArgs } from 'node:util';
import type { Size } from './world.js';

const parts = ['templates', 'cycle', 'growth', 'stream', 'analytics', 'files', 'load', 'reads', 'estimates', 'worst'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  readonly size: Size;
  readonly runs: number;
  /** Which parts are measured; of the rest, docs/performance.json keeps what it has. */
  readonly parts: ReadonlySet<Part>;
  /** Of the templates, these numbers alone, and nothing is written. */
  readonly templates: readonly number[] | null;
  readonly explain: boolean;
  /** Kept and used again; `null`: a folder of its own, removed at the end. */
  readonly dataDir: string | null;
  readonly streamSeconds: number;
  /** Where the report goes; docs unless told. */
  readonly out: string | null;
}

/** What `npm run bench --` may be followed by: see CONTRIBUTING.md. */
export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      contacts: { type: 'string' }, events: { type: 'string' }, seed: { type: 'string', default: '26' }, runs: { type: 'string', default: '5' },
      only: { type: 'string' }, explain: { type: 'boolean', default: false }, small: { type: 'boolean', default: false },
      'data-dir': { type: 'string' }, 'stream-seconds': { type: 'string', default: '60' }, out: { type: 'string' },
    },
  });
  const scale = values.small ? 0.1 : 1;
  const only = values.only?.split(',') ?? [...parts];
  const numbers = only.map(Number).filter((number) => Number.isInteger(number));
  return {
    size: { contacts: Number(values.contacts ?? 1_000_000 * scale), events: Number(values.events ?? 20_000_000 * scale), seed: Number(values.seed) },
    runs: Number(values.runs), explain: values.explain, dataDir: values['data-dir'] ?? null,
    parts: new Set(numbers.length > 0 ? ['templates'] : only.map(partOf)), templates: numbers.length > 0 ? numbers : null,
    streamSeconds: Number(values['stream-seconds']), out: values.out ?? null,
  };
}

function partOf(name: string): Part {
  const part = parts.find((known) => known === name);
  if (part === undefined) throw new Error(`--only takes numbers of templates, or parts: ${parts.join(', ')}`);
  return part;
}
