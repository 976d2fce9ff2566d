// What the property and fault tests of a run say of themselves, and the page that is drawn from it.
// `node scripts/verified.mjs` draws docs/verified.md anew from docs/verified.json.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * A line of a test's output as what was run: `runs: <how many> <of what>` of a fault test, or `<name>: seed <seed>, <how many>
 * worlds, <what was counted>` of a property; `null` of any other line.
 */
export function readRun(line) {
  const property = /^\s*(.+?): seed (\d+), (\d+) worlds, (.+)$/.exec(line);
  if (property !== null) return { test: property[1], runs: Number(property[3]), seed: Number(property[2]), counted: `worlds; ${property[4].trim()}` };
  const told = /^\s*runs:\s*(.+)$/.exec(line)?.[1].trim();
  if (told === undefined) return null;
  const number = /\d[\d_,]*/.exec(told)?.[0] ?? '0';
  const seed = /\bseed (\d+)/.exec(told)?.[1];
  return { test: null, runs: Number(number.replace(/[_,]/g, '')), seed: seed === undefined ? null : Number(seed), counted: told };
}

/** The page of a report: one row for each test, those of properties first. */
export function pageOf({ commit, date, propertyMs, faultsMs, passed, runs }) {
  const cell = text => String(text).replaceAll('|', '\\|');
  const row = ({ test, runs: many, seed, counted }) => `| ${cell(test ?? '')} | ${many.toLocaleString('en')} | ${seed ?? ''} | ${cell(counted)} |`;
  const rows = [...runs].sort((a, b) => Number(a.test === null) - Number(b.test === null) || (a.test ?? a.counted).localeCompare(b.test ?? b.counted, 'en'));
  return `# Verified

The long form of property and fault tests, ${date}, at commit ${commit.slice(0, 12)}: ${propertyMs / 1000} s for each property, ${faultsMs / 1000} s for each test of faults; ${passed.toLocaleString('en')} tests passed, none failed. \`PROPERTY_SEED\` and \`FAULTS_SEED\` repeat a seed ([how](../CONTRIBUTING.md#run-one-test)).

| property | runs | seed | counted |
|---|--:|---|---|
${rows.map(row).join('\n')}

Written by \`VERIFY_WRITE=1 npm run verify:long\` from [verified.json](verified.json).
`;
}

/** @throws where a file differs from the commit that a report would name. */
export async function mustBeCommitted() {
  const changed = await git('status', '--porcelain', '--untracked-files=no');
  if (changed !== '') throw new Error(`docs/verified.json names a commit, and these files differ from it:\n${changed}`);
}

/** Writes the report of a run in which nothing failed, and its page. */
export async function writeVerified({ passed, runs }) {
  await mustBeCommitted();
  const verified = {
    commit: await git('rev-parse', 'HEAD'), date: new Date().toISOString().slice(0, 10),
    propertyMs: Number(process.env.PROPERTY_MS), faultsMs: Number(process.env.FAULTS_MS), passed, runs,
  };
  await writeFile(join(project, 'docs/verified.json'), `${JSON.stringify(verified, null, 2)}\n`);
  await draw();
}

async function git(...args) {
  return (await promisify(execFile)('git', args, { cwd: project })).stdout.trim();
}

async function draw() {
  await writeFile(join(project, 'docs/verified.md'), pageOf(JSON.parse(await readFile(join(project, 'docs/verified.json'), 'utf8'))));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await draw();
