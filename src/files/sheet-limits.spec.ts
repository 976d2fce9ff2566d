import { type Sql, sql, type TenantTransaction } from '#database';
import type { ExportSource } from './export-source.js';
import { refuseUnfit } from './sheet-limits.js';

describe('An export as a workbook', () => {
  const counting = (rows: number): TenantTransaction => ({
    row: async (statement: Sql) => { expect(statement).toBeDefined(); return Promise.resolve({ rows }); }, rows: async () => Promise.resolve([]),
  }) as unknown as TenantTransaction;
  const source: ExportSource = { fields: {}, custom: null, next: () => sql`rows`, countUpTo: (limit) => sql`up to ${limit}`, long: sql`true` };

  it('takes as many rows as a sheet has below its header', async () => {
    await expect(refuseUnfit(counting(1_048_575), source, [])).resolves.toBeUndefined();
  });

  it('of more rows is refused', async () => {
    await expect(refuseUnfit(counting(1_048_576), source, [])).rejects.toMatchObject({ status: 422, errors: [{ path: '/format', message: expect.stringContaining('1,048,575 rows') }] });
  });
});
