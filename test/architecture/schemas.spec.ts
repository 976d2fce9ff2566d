import { glob, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const source = resolve(import.meta.dirname, '../../src');

describe('the classes of the published document', () => {
  it('have names of their own: of two with one name the document shows only one', async () => {
    const files = new Map<string, string[]>();
    for await (const path of glob('**/*.ts', { cwd: source })) {
      for (const [, name] of (await readFile(join(source, path), 'utf8')).matchAll(/^(?:export )?class (\w+Dto)\b/gm)) {
        files.set(name ?? '', [...files.get(name ?? '') ?? [], path]);
      }
    }
    expect(files.size).toBeGreaterThan(50);
    expect([...files].filter(([, paths]) => paths.length > 1)).toEqual([]);
  });
});
