import { readFile, writeFile } from 'node:fs/promises';
import { type Sql, sql } from '#database';
import type { Send } from './statements.js';

/** A step of a plan, as `explain (format json)` has it. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Scans by the name of what is read by them. */
export type Scans = Readonly<Record<string, readonly string[]>>;

/** How the planner would run a statement. */
export async function planOf(statement: Sql, send: Send): Promise<PlanNode> {
  const [row] = await send<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(sql`explain (format json) ${statement}`);
  return row!['QUERY PLAN'][0].Plan;
}

/** The scans of a golden file, which is written anew where that is asked for. */
export async function goldenScans(file: URL, found: Scans): Promise<Scans> {
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, `${JSON.stringify(found, null, 2)}\n`);
  return JSON.parse(await readFile(file, 'utf8')) as Scans;
}

/** Each once, in one order. */
export function sortedScans(scans: Iterable<string>): string[] {
  return [...new Set(scans)].sort();
}

/** How a plan reads these tables: each scan by its kind, its table and its indexes. */
export function* scansOf(node: PlanNode, tables: readonly string[]): Generator<string> {
  if (isScanOf(node, tables)) {
    const indexes = [...new Set(indexScans(node).map((scan) => scan['Index Name']))].sort();
    yield `${node['Node Type']} of ${node['Relation Name']}${indexes.length === 0 ? '' : ` by ${indexes.join(', ')}`}`;
  }
  for (const child of node.Plans ?? []) yield* scansOf(child, tables);
}

function isScanOf(node: PlanNode, tables: readonly string[]): boolean {
  return node['Node Type'] !== 'ModifyTable' && tables.includes(node['Relation Name'] ?? '');
}

/** The scan itself, or those of the indexes below it. */
function indexScans(node: PlanNode): PlanNode[] {
  if (node['Index Name'] !== undefined) return [node];
  return node['Node Type'] === 'Bitmap Heap Scan' || node['Node Type'].startsWith('Bitmap') ? (node.Plans ?? []).flatMap(indexScans) : [];
}
