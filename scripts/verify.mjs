// Installs, lints, type-checks, builds and tests. The last line is always `N passed, N failed`.
// It runs on whichever Node ≥ 20 the machine has; from the installation on, on the one that the project brings.
// VERIFY_SKIP_INSTALL=1 leaves the installed packages as they are; arguments are passed to Jest.
// VERIFY_WRITE=1, with PROPERTY_MS and FAULTS_MS, writes what property and fault tests ran to docs/verified.json and docs/verified.md.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustBeCommitted, readRun, writeVerified } from './verified.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const node = join(project, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
const windows = process.platform === 'win32';

/** npm works with the Node it came with: the project's own is being replaced while it installs. And it says what went wrong. */
const withoutOwnNode = {
  ...process.env,
  PATH: (process.env.PATH ?? '').split(delimiter).filter(entry => !entry.includes('node_modules')).join(delimiter),
  npm_config_loglevel: 'error',
};

const steps = [
  // A registry that stalls in the middle of a package fails the whole of `npm ci`; what was fetched stays in the cache, so the next try goes on from there.
  ...(process.env.VERIFY_SKIP_INSTALL === '1' ? [] : [{ name: 'install', program: windows ? 'npm.cmd' : 'npm', args: ['ci'], env: withoutOwnNode, tries: 3 }]),
  { name: 'lint', program: node, args: ['node_modules/eslint/bin/eslint.js', '.'] },
  { name: 'type-check', program: node, args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'build', program: windows ? 'npm.cmd' : 'npm', args: ['run', '--silent', 'build'] },
];

const times = [];
if (process.env.VERIFY_WRITE === '1' && !(process.env.PROPERTY_MS > 0 && process.env.FAULTS_MS > 0)) throw new Error('VERIFY_WRITE is for `npm run verify:long`, which sets PROPERTY_MS and FAULTS_MS');
process.exitCode = await verify();

async function verify() {
  try {
    // Asked before hours of tests, and again when they are over.
    if (process.env.VERIFY_WRITE === '1') await mustBeCommitted();
  } catch (error) {
    report([error.message]);
    console.log('0 passed, 1 failed');
    return 1;
  }
  for (const step of steps) {
    if (await repeated(step) !== 0) {
      report([`${step.name} failed`]);
      console.log('0 passed, 1 failed');
      return 1;
    }
  }
  const { passed, failed, skipped, reasons, code, runs } = await test();
  const fine = failed === 0 && code === 0;
  report([...summaryOf(runs), ...reasons, ...notRun(skipped), ...await written({ fine, passed, runs })]);
  console.log(`${passed} passed, ${failed} failed`);
  return fine ? 0 : 1;
}

/** Only where it was asked for, and nothing failed: what the page says was verified. */
async function written({ fine, passed, runs }) {
  if (process.env.VERIFY_WRITE !== '1') return [];
  if (!fine) return ['docs/verified.json is left as it was: a test failed'];
  try {
    await writeVerified({ passed, runs });
    return ['docs/verified.json and docs/verified.md are written'];
  } catch (error) {
    return [`docs/verified.json is not written: ${error.message}`];
  }
}

async function test() {
  const folder = await mkdtemp(join(tmpdir(), 'contact-segments-verify-'));
  const file = join(folder, 'jest.json');
  const runs = [];
  const reasons = new Set();
  const code = await timed({
    name: 'test',
    program: node,
    // Two at a time: while one waits for its database the other works, and each has connections of its own to the one server.
    args: ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--maxWorkers=2', '--json', `--outputFile=${file}`, ...process.argv.slice(2)],
    // With --json the report goes to the file, and standard output would repeat it as one line.
    onLine: line => {
      const run = readRun(line);
      if (run !== null) runs.push(run);
      // Each test file that asks says it; it is told once.
      if (line.startsWith('NOT RUN: ')) reasons.add(line);
      return !line.startsWith('{"num');
    },
  });
  const result = JSON.parse(await readFile(file, 'utf8').catch(() => 'null'));
  await rm(folder, { recursive: true, force: true });
  return { code, runs, reasons: [...reasons], ...countsOf(result, code) };
}

/** A file that did not even load counts as a failed test, and so does a run that failed without saying which. */
function countsOf(result, code) {
  if (result === null) return { passed: 0, failed: 1, skipped: [] };
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  const skipped = result.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'pending').map(({ fullName }) => ({ file: relative(project, name), fullName })));
  return { passed: result.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

/** Just before the last line, which counts what ran: what it does not speak of. */
function notRun(skipped) {
  return [...new Set(skipped.map(({ file }) => file))].map(of => {
    const [first, ...others] = skipped.filter(({ file }) => file === of);
    return `NOT RUN: ${of}: ${first.fullName}${others.length === 0 ? '' : `, and ${others.length} more`}`;
  });
}

function summaryOf(runs) {
  const lines = runs.map(({ test, runs: many, seed, counted }) => test === null ? `runs: ${counted}` : `runs: ${test}: ${many} ${counted}; seed ${seed}`);
  return [...lines, `property and fault runs: ${runs.reduce((sum, { runs: many }) => sum + many, 0)} in ${runs.length} tests`];
}

async function repeated({ tries = 1, ...step }) {
  const code = await timed(step);
  return code === 0 || tries === 1 ? code : repeated({ ...step, tries: tries - 1 });
}

async function timed(step) {
  console.log(`\n== ${step.name}: ${[step.program === node ? 'node' : step.program, ...step.args].join(' ')}`);
  const start = performance.now();
  const code = await run(step);
  times.push(`${step.name.padEnd(12)}${((performance.now() - start) / 1000).toFixed(1).padStart(8)} s${code === 0 ? '' : '  failed'}`);
  return code;
}

function run({ program, args, env = process.env, onLine = () => true }) {
  return new Promise(done => {
    const child = spawn(program, args, { cwd: project, env: { ...env, FORCE_COLOR: '0' }, stdio: ['ignore', 'pipe', 'pipe'], shell: windows && program.endsWith('.cmd') });
    for (const stream of [child.stdout, child.stderr]) passOn(stream, onLine);
    child.once('error', error => {
      console.log(error.message);
      done(1);
    });
    child.once('close', code => done(code ?? 1));
  });
}

function passOn(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  const say = line => {
    if (onLine(line)) process.stdout.write(`${line}\n`);
  };
  stream.on('data', chunk => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(say);
  });
  stream.on('end', () => {
    if (rest !== '') say(rest);
  });
}

function report(lines) {
  console.log(`\n${[...times, '', ...lines].join('\n')}`);
}
