import { blankRows } from './rows.js';

describe('A table with blanks between its columns', () => {
  const cells = async (text: string): Promise<readonly (readonly string[])[]> => {
    const rows = [];
    for await (const { content } of blankRows((async function* () { yield await Promise.resolve(text); })())) rows.push(content);
    return rows;
  };

  it('is cut at blanks and tabs, and at no other space', async () => {
    expect(await cells(' a  10\u00A0000\t"b c"\r\n\u2003 d "" "e ""f"""\n')).toEqual([['a', '10\u00A0000', 'b c'], ['\u2003', 'd', '', 'e "f"']]);
  });
});
