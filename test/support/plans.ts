/** A step of a plan, as `explain (format json)` has it. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** How a plan reads these tables: each scan by its kind, its table and its indexes. */
export function* scansOf(node: PlanNode, tables: readonly string[]): Generator<string> {
  if (isScanOf(node, tables)) {
    const indexes = [...new Set(indexScans(node).map((scan) => scan['Index Name']))].sort();
    yield `${node['Node Type']} of ${node['Relation Name']}${indexes.length === 0 ? '' : ` by ${indexes.join(', ')}`}`;
  }
  for (const child of node.Plans ?? []) yield* scansOf(child, tables);
}

/**
 * Of which of these tables a plan reads every row of the tenant, or of a type of its events: where no other column narrows the
 * index. (Once for a dozen ranges, all events were.)
 */
export function* readsAll(node: PlanNode, tables: readonly string[]): Generator<string> {
  if (isScanOf(node, tables) && !isNarrow(node)) yield node['Relation Name'] ?? '';
  for (const child of node.Plans ?? []) yield* readsAll(child, tables);
}

function isScanOf(node: PlanNode, tables: readonly string[]): boolean {
  return node['Node Type'] !== 'ModifyTable' && tables.includes(node['Relation Name'] ?? '');
}

function isNarrow(node: PlanNode): boolean {
  switch (node['Node Type']) {
    case 'Seq Scan': return false;
    case 'BitmapAnd': return (node.Plans ?? []).some(isNarrow);
    // Below a heap scan are the indexes, or what puts them together.
    case 'BitmapOr': case 'Bitmap Heap Scan': return (node.Plans ?? []).every(isNarrow);
    default: return /\b(\w+_id|id|\w+_at|on_day|month_day|seq|status|change)\b/.test((node['Index Cond'] ?? '').replace(/\btenant_id\b|\btype\b/g, ''));
  }
}

/** The scan itself, or those of the indexes below it. */
function indexScans(node: PlanNode): PlanNode[] {
  if (node['Index Name'] !== undefined) return [node];
  return node['Node Type'] === 'Bitmap Heap Scan' || node['Node Type'].startsWith('Bitmap') ? (node.Plans ?? []).flatMap(indexScans) : [];
}
