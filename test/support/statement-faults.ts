import type pg from 'pg';
import { tenantTables } from './tenant-world.js';

/** What `explain (format json)` tells of a node, as far as it is read here. */
interface Node {
  'Node Type': string;
  'Operation'?: string;
  'Parent Relationship'?: string;
  'Relation Name'?: string;
  'Schema'?: string;
  'Alias'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  'Filter'?: string;
  'Output'?: string[];
  'Plans'?: Node[];
}

/** Made and filled by cycles, on their own session. What one statement makes of a SELECT with values is made here by hand. */
const workTables = ['create temporary table refresh_difference (segment_id uuid, contact_id uuid, enters boolean)'];

const plannable = /^\s*(?:\(|select|with|insert|update|delete|merge)/i;
const makesWorkTable = /^\s*create temporary table if not exists/i;
/** What stands around a SELECT. */
const around = /^\s*create temporary table \w+ on commit drop as\b/i;

/**
 * Statements in which a table of tenants is read or written without a condition of its own that its tenant_id is a value
 * of the statement: one line each. PostgreSQL's planner is asked, by which Citus finds the shard: of a table whose tenant
 * follows from an equal one it knows it as well, and of one in an OR, or equal to what is only known while it runs, it
 * does not. `owner` passes row-level security, so that no policy lends its condition.
 */
export async function statementFaults(owner: pg.Client, texts: Iterable<string>): Promise<{ faults: string[]; tables: Set<string>; checked: number }> {
  const sent = [...texts];
  const tenants = new Set(await tenantTables(owner));
  const found = { faults: [] as string[], tables: new Set<string>(), checked: 0 };
  const named = new RegExp(`\\b(${[...tenants].join('|')})\\b`);
  await owner.query('begin');
  try {
    for (const text of [...sent.filter((one) => makesWorkTable.test(one)).map((one) => one.replace('on commit delete rows', '')), ...workTables]) await owner.query(text);
    for (const sentText of sent) {
      const text = sentText.replace(around, '');
      if (!plannable.test(text) || !named.test(text)) continue;
      found.checked += 1;
      await owner.query('savepoint explained');
      const { rows: [row] } = await owner.query<{ 'QUERY PLAN': { Plan: Node }[] }>(`explain (generic_plan, verbose, costs off, format json) ${text}`);
      await owner.query('rollback to savepoint explained');
      for (const node of nodesOf(row?.['QUERY PLAN'][0]?.Plan)) {
        const table = node['Relation Name'] ?? '';
        if (node.Schema !== 'public' || !tenants.has(table)) continue;
        found.tables.add(table);
        if (!namesTenant(node)) found.faults.push(`${table} (${node['Node Type']}): ${text.replaceAll(/\s+/g, ' ')}`);
      }
    }
  } finally {
    await owner.query('rollback');
  }
  return found;
}

function nodesOf(node: Node | undefined): Node[] {
  return node === undefined ? [] : [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

const value = String.raw`(?:\(?\$\d+\)?|'[0-9a-f-]{36}')(?:::uuid)?`;

function namesTenant(node: Node): boolean {
  if (node['Node Type'] === 'ModifyTable') return node.Operation !== 'Insert' || insertsOneTenant(node);
  const own = new RegExp(String.raw`^(?:${node.Alias}\.tenant_id = ${value}|${value} = ${node.Alias}\.tenant_id)$`);
  // Of several ranges of indexes together each has its own.
  const ranges = node['Node Type'] === 'Bitmap Heap Scan' ? nodesOf(node).filter((one) => one['Node Type'] === 'Bitmap Index Scan') : [];
  if (ranges.length > 1 && ranges.every((range) => new RegExp(String.raw`\btenant_id = ${value}`).test(range['Index Cond'] ?? ''))) return true;
  return [node['Index Cond'], node['Recheck Cond'], node.Filter].some((condition) => condition !== undefined && conjunctsOf(condition).some((one) => own.test(one)));
}

/** The tenant is the first column of every table: what comes out for it is a value, or the tenant of a row that was read. */
function insertsOneTenant(insert: Node): boolean {
  for (let node = sourceOf(insert); node !== undefined; node = sourceOf(node)) {
    const [tenant = ''] = node.Output ?? [];
    if (new RegExp(`^${value}$`).test(tenant) || /^(?!"\*SELECT)[\w."*]+\.(tenant_id|column1)$/.test(tenant)) return true;
  }
  return false;
}

/** What its rows come from; a SELECT in a WITH stands beside it. */
function sourceOf({ Plans = [] }: Node): Node | undefined {
  return Plans.find((plan) => plan['Parent Relationship'] !== 'InitPlan');
}

/** The parts of `((a) AND (b))`, without their parentheses; an OR is one part. */
function conjunctsOf(condition: string): string[] {
  const inner = bare(condition);
  const parts: string[] = [];
  let [depth, from, quoted] = [0, 0, false];
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] === "'") quoted = !quoted;
    if (quoted) continue;
    if (inner[at] === '(') depth += 1;
    if (inner[at] === ')') depth -= 1;
    if (depth === 0 && inner.startsWith(' AND ', at)) {
      parts.push(inner.slice(from, at));
      from = at + 5;
    }
  }
  return [...parts, inner.slice(from)].map(bare);
}

/** Without the parentheses around the whole. */
function bare(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let [depth, quoted] = [0, false];
  for (let at = 0; at < text.length - 1; at += 1) {
    if (text[at] === "'") quoted = !quoted;
    if (quoted) continue;
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return text;
  }
  return text.slice(1, -1);
}
