import { readFile, writeFile } from 'node:fs/promises';
import { referencePage } from './reference-page.js';

const page = new URL('../../../../docs/rules.md', import.meta.url);

// After a change of the registry: UPDATE_GOLDEN=1 with this file writes the page anew; its difference is read in review.
test('docs/rules.md is what the registry says', async () => {
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(page, referencePage());
  expect(await readFile(page, 'utf8')).toBe(referencePage());
});
