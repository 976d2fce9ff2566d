import { access, glob, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { readConfig } from '../../src/config.js';

const project = resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);

async function read(path: string): Promise<string> {
  return await readFile(join(project, path), 'utf8');
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false);
}

async function documents(): Promise<string[]> {
  const elsewhere = ['node_modules', 'dist', 'coverage'];
  const found: string[] = [];
  const exclude = (path: string): boolean => elsewhere.includes(path.split('/')[0] ?? '') || /(^|\/)\.(?!github)/.test(path);
  for await (const path of glob('**/*.md', { cwd: project, exclude })) found.push(path);
  return found.sort();
}

/** The variables that the configuration asks for, whatever they are set to. */
function variablesRead(): string[] {
  const asked = new Set<string>();
  readConfig(new Proxy({}, {
    get: (_, name) => {
      asked.add(String(name));
      return undefined;
    },
  }));
  return [...asked].sort();
}

/** Variables and defaults of the README's table. */
function variablesTold(readme: string): Map<string, string> {
  const [, section = ''] = /\n## Variables\n([\s\S]*?)\n## /.exec(readme) ?? [];
  return new Map([...section.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)`|(unset)) \|/gm)].map(([, name, value, unset]) => [name ?? '', value ?? unset ?? '']));
}

function camel(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What is neither code nor a comment of the page. */
function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** As GitHub makes the anchor of a heading. */
function anchors(markdown: string): string[] {
  return [...markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)]
    .map(([, title = '']) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

describe('README.md', () => {
  it('has at most 150 lines', async () => {
    expect((await read('README.md')).trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('lists the variables that the configuration reads, and no others', async () => {
    expect([...variablesTold(await read('README.md')).keys()].sort()).toEqual(variablesRead());
  });

  it('tells the defaults that the configuration has', async () => {
    const defaults = readConfig({}) as unknown as Record<string, string | number | null>;
    const told = [...variablesTold(await read('README.md'))].filter(([name]) => camel(name) in defaults);
    expect(told.length).toBeGreaterThan(10);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(told.map(([name]) => [name, String(defaults[camel(name)] ?? 'unset')])));
  });

  it('calls the modules in the order that is checked', async () => {
    const [line = ''] = /^http ◄.*$/m.exec(await read('README.md')) ?? [];
    const { forbidden } = require('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
    const order = forbidden.map(({ name }) => /^(.+)-comes-before$/.exec(name)?.[1]).filter((name) => name !== undefined);
    const told = line.split(' ◄ ');
    expect(told.length).toBeGreaterThan(5);
    expect(told).toEqual([...order, 'operator'].filter((name) => told.includes(name)));
    for (const name of told) expect([name, await exists(join(project, 'src', name, 'index.ts'))]).toEqual([name, true]);
  });
});

describe('the documents', () => {
  it('name scripts of npm that exist', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const unknown: string[] = [];
    for (const page of await documents()) {
      for (const [call, run, short] of (await read(page)).matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)) {
        if (scripts[run ?? short ?? ''] === undefined) unknown.push(`${page}: ${call}`);
      }
    }
    expect(unknown).toEqual([]);
  });

  it('name profiles and variables of docker-compose.yml that exist', async () => {
    const compose = await read('docker-compose.yml');
    const said = [...await Promise.all((await documents()).map(read)), compose].join('\n');
    const profiles = [...said.matchAll(/--profile (\w+)/g)].map(([, name]) => name);
    expect(profiles).toEqual(expect.arrayContaining(['redis', 'scale']));
    expect(profiles.filter((name) => !new RegExp(`profiles: \\[[^\\]]*\\b${name}\\b`).test(compose))).toEqual([]);
    const set = [...said.matchAll(/\b([A-Z_]+)=\S+ docker compose/g)].map(([, name]) => name);
    expect(set.length).toBeGreaterThan(2);
    expect(set.filter((name) => !compose.includes(`\${${name}`))).toEqual([]);
  });

  it('link to files, folders and headings that are there', async () => {
    const pages = await documents();
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/operations.md', 'docs/rules.md']));
    const broken: string[] = [];
    for (const page of pages) {
      for (const [, target = ''] of prose(await read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/i.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? join(project, page) : join(project, dirname(page), path);
        const found = await exists(file) && (anchor === undefined || anchors(await readFile(file, 'utf8')).includes(anchor));
        if (!found) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('name files of the source that are there', async () => {
    const lost: string[] = [];
    for (const page of await documents()) {
      for (const [, path = ''] of (await read(page)).matchAll(/`((?:src|libs|test|migrations|scripts|docs|examples)\/[\w./-]+)`/g)) {
        if (!await exists(join(project, path))) lost.push(`${page}: ${path}`);
      }
    }
    expect(lost).toEqual([]);
  });
});

describe('docs/adr', () => {
  it('numbers the decisions from 0001 on without a gap, each with the same parts', async () => {
    const files = (await documents()).filter((path) => path.startsWith('docs/adr/'));
    expect(files.length).toBeGreaterThanOrEqual(13);
    for (const [at, path] of files.entries()) {
      expect(path).toMatch(new RegExp(`^docs/adr/${String(at + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`));
      const headings = [...(await read(path)).matchAll(/^#+ .*$/gm)].map(([heading]) => heading);
      expect([path, headings[0], ...headings.slice(1)]).toEqual([
        path, expect.stringMatching(new RegExp(`^# ${at + 1}\\. `)), '## Context and problem statement', '## Considered options', '## Decision outcome', '### Consequences',
      ]);
    }
  });
});
