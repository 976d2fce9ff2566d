import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const project = resolve(import.meta.dirname, '../..');

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

/** Every import that the configured order forbids below `folder`. */
async function violationsIn(folder: string, roots: string[]): Promise<string[]> {
  const program = join(project, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, '--config', join(project, '.dependency-cruiser.cjs'), '--output-type', 'json', ...roots];
  const output = await new Promise<string>((done, fail) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      // It also exits with a number where it found violations; these come as JSON all the same.
      if (stdout.startsWith('{')) done(stdout);
      else fail(new Error(stderr, { cause: error }));
    });
  });
  const { summary } = JSON.parse(output) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
}

describe('the order of modules and libraries', () => {
  it('holds in the whole source', async () => {
    expect(await violationsIn(project, ['src', 'libs', 'migrations'])).toEqual([]);
  });

  describe('is not only written down: a forbidden import is found where', () => {
    const forbidden: [string, Record<string, string>, string][] = [
      ['a module imports a later one',
        { 'src/contacts/contacts.service.ts': `export * from '../segments/index.js';`, 'src/segments/index.ts': 'export const a = 1;' },
        'contacts-comes-before: src/contacts/contacts.service.ts → src/segments/index.ts'],
      ['a module imports the inside of an earlier one',
        { 'src/segments/x.ts': `export * from '../contacts/inside.js';`, 'src/contacts/inside.ts': 'export const a = 1;' },
        'by-the-front-door: src/segments/x.ts → src/contacts/inside.ts'],
      ['the application imports the inside of a module',
        { 'src/main.ts': `export * from './contacts/inside.js';`, 'src/contacts/inside.ts': 'export const a = 1;' },
        'by-the-front-door-from-above-too: src/main.ts → src/contacts/inside.ts'],
      ['a module imports the application',
        { 'src/http/x.ts': `export * from '../app.module.js';`, 'src/app.module.ts': 'export const a = 1;' },
        'only-the-configuration-is-below-the-modules: src/http/x.ts → src/app.module.ts'],
      ['a module stands outside of the order',
        { 'src/main.ts': `export * from './utils/index.js';`, 'src/utils/index.ts': 'export const a = 1;' },
        'a-module-of-the-order: src/main.ts → src/utils/index.ts'],
      ['an insider uses its own index',
        { 'src/http/x.ts': `export * from './index.js';`, 'src/http/index.ts': 'export const a = 1;' },
        'insiders-do-not-use-the-front-door: src/http/x.ts → src/http/index.ts'],
      ['a library imports the service',
        { 'libs/database/src/x.ts': `export * from '../../../src/config.js';`, 'src/config.ts': 'export const a = 1;' },
        'libraries-do-not-know-the-service: libs/database/src/x.ts → src/config.ts'],
      ['rules import the database, be it a type only',
        { 'libs/rules/src/x.ts': `export type { A } from '../../database/src/index.js';`, 'libs/database/src/index.ts': 'export type A = 1;' },
        'rules-know-the-kernel-only: libs/rules/src/x.ts → libs/database/src/index.ts'],
      ['kernel imports rules',
        { 'libs/kernel/src/x.ts': `export * from '../../rules/src/index.js';`, 'libs/rules/src/index.ts': 'export const a = 1;' },
        'kernel-knows-no-other-library: libs/kernel/src/x.ts → libs/rules/src/index.ts'],
      ['a library is entered beside its index',
        { 'libs/database/src/x.ts': `export * from '../../rules/src/inside.js';`, 'libs/rules/src/inside.ts': 'export const a = 1;' },
        'libraries-by-their-index: libs/database/src/x.ts → libs/rules/src/inside.ts'],
      ['the heart imports a framework',
        { 'libs/rules/src/x.ts': `export * from '@nestjs/common';`, 'node_modules/@nestjs/common/index.js': 'exports.a = 1;' },
        'no-framework-in-the-heart: libs/rules/src/x.ts → node_modules/@nestjs/common/index.js'],
      ['the heart reads files',
        { 'libs/rules/src/x.ts': `export { readFile } from 'node:fs';` },
        'no-input-or-output-in-the-heart: libs/rules/src/x.ts → fs'],
      ['the libraries of traces are loaded at the start',
        { 'src/http/x.ts': `export * from '@opentelemetry/api';`, 'node_modules/@opentelemetry/api/index.js': 'exports.a = 1;' },
        'traces-are-loaded-where-they-are-asked-for: src/http/x.ts → node_modules/@opentelemetry/api/index.js'],
      ['files import each other in a circle',
        { 'src/http/x.ts': `export * from './y.js';`, 'src/http/y.ts': `export * from './x.js'; export const a = 1;` },
        'no-circles: src/http/x.ts → src/http/y.ts'],
    ];

    it.each(forbidden)('%s', async (_, files, expected) => {
      const folder = await mkdtemp(join(tmpdir(), 'contact-segments-layers-'));
      try {
        for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), `${text}\n`);
        }
        const roots = [...new Set(Object.keys(files).map(path => path.split('/')[0] ?? ''))].filter(root => root !== 'node_modules');
        expect(await violationsIn(folder, roots)).toContain(expected);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
});
