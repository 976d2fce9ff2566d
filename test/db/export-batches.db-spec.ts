import { connect, type Database, sql } from '#database';
import { newId } from '#kernel';
import { exportColumns } from '../../src/files/export-columns.js';
import { batchesOf, type ExportSource } from '../../src/files/export-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Rows by number, each with one text of so many characters. */
const source = (length: (at: string) => string): ExportSource => ({
  fields: { text: { shown: true, column: sql`t.text` } }, custom: null, long: sql`true`, countUpTo: () => sql`select 0 as rows`,
  next: (columns, after, limit) => sql`
    select t.key${columns} from (
      select lpad(n::text, 6, '0') as key, repeat('x', ${sql.raw(length('n'))}) as text from generate_series(1, 3000) n
      where lpad(n::text, 6, '0') > ${after ?? ''} order by n limit ${limit}) t order by t.key`,
});

describe('Batches of an export', () => {
  let database: TestDatabase;
  let service: Database;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await connect({ url: database.url, takeRole: true });
  });
  afterAll(async () => {
    await service.close();
    await database.drop();
  });

  const read = async (length: (at: string) => string): Promise<{ keys: string[]; lengths: number[]; sizes: number[] }> => await service.inTenant(newId(), async (tx) => {
    const all = { keys: [] as string[], lengths: [] as number[], sizes: [] as number[] };
    const from = source(length);
    for await (const batch of batchesOf(tx, from, exportColumns('text', from.fields, null), { size: 1000 })) {
      const texts = batch.map((row) => row.texts[0]!);
      all.keys.push(...batch.map(({ key }) => key));
      all.lengths.push(...texts.map((text) => text.length));
      all.sizes.push(texts.reduce((sum, text) => sum + text.length, 0));
    }
    return all;
  }, { isolation: 'repeatable read' });
  const keys = Array.from({ length: 3000 }, (_, at) => String(at + 1).padStart(6, '0'));

  it('are of a thousand rows where these are short', async () => {
    const { keys: found, sizes } = await read(() => '100');
    expect(found).toEqual(keys);
    expect(sizes).toEqual([100_000, 100_000, 100_000, 0]);
  });

  it('have fewer where they are long, one where that alone is, and a thousand again afterwards', async () => {
    const { keys: found, lengths, sizes } = await read((at) => `case when ${at} = 1500 then 20000000 when ${at} between 1000 and 1300 then 200000 else 100 end`);
    expect(found).toEqual(keys);
    expect(lengths).toEqual(keys.map((key) => (key === '001500' ? 20_000_000 : key >= '001000' && key <= '001300' ? 200_000 : 100)));
    expect(sizes.filter((size) => size > 16_000_000)).toEqual([20_000_000]);
    expect(sizes.length).toBeLessThan(40);
  });
});
