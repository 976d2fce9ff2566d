import { sql } from './statements.js';
import { statementText } from './statement-text.js';

const id = '0190a3f4-7c1e-7d3a-9b1f-1f0e5a3b2c4d';

describe('A statement in the text of a message', () => {
  it('has its ids and whole numbers where its values were, those of its parts as well', () => {
    const part = sql`a.id > ${id}::uuid`;
    expect(statementText(sql`select 1 from a where ${part} and n = ${-7} limit ${51}`)).toBe(`select 1 from a where a.id > '${id}'::uuid and n = -7 limit 51`);
  });

  it('has no other value, whatever it is', () => {
    for (const value of ['', 'a', "'", `${id}'`, `${id}\n`, ` ${id}`, '1', 1.5, Number.NaN, 2 ** 53, null, true, new Date(0), [id]]) {
      expect(() => statementText(sql`select ${value}`)).toThrow('only ids and whole numbers may stand in the text of a statement');
    }
  });
});
