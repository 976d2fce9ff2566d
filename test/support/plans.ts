/** A step of a plan, as `explain (format json)` has it. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
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

function isScanOf(node: PlanNode, tables: readonly string[]): boolean {
  return node['Node Type'] !== 'ModifyTable' && tables.includes(node['Relation Name'] ?? '');
}

/** The scan itself, or those of the indexes below it. */
function indexScans(node: PlanNode): PlanNode[] {
  if (node['Index Name'] !== undefined) return [node];
  return node['Node Type'] === 'Bitmap Heap Scan' || node['Node Type'].startsWith('Bitmap') ? (node.Plans ?? []).flatMap(indexScans) : [];
}
