import { type Sql, sql, type TenantTransaction } from '#database';
import type { ExportSource } from './export-source.js';
import { refuseUnfit } from './sheet-limits.js';

describe('An export as a workbook', () => {
  /** Answers how many rows there are, and then that none of them is long. */
  const counting = (rows: number): TenantTransaction => {
    const answers = [{ rows }, { rows: 0, bytes: 0 }];
    return { row: async (statement: Sql) => { expect(statement).toBeDefined(); return Promise.resolve(answers.shift()); } } as unknown as TenantTransaction;
  };
  const source: ExportSource = { fields: {}, custom: null, next: () => sql`rows`, countUpTo: (limit) => sql`up to ${limit}`, long: sql`true` };

  it('takes as many rows as a sheet has below its header', async () => {
    await expect(refuseUnfit(counting(1_048_575), source, [])).resolves.toBeUndefined();
  });

  it('of more rows is refused', async () => {
    await expect(refuseUnfit(counting(1_048_576), source, [])).rejects.toMatchObject({ status: 422, errors: [{ path: '/format', message: expect.stringContaining('1,048,575 rows') }] });
  });
});
