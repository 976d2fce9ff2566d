// Installs, builds, and starts the service with generated data. It runs on whichever Node ≥ 20 the machine has and
// needs no package itself; what it starts runs on the Node that the project brings.
import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';
const npm = windows ? 'npm.cmd' : 'npm';
const node = join(project, 'node_modules/node/bin', windows ? 'node.exe' : 'node');

/** npm works with the Node it came with: the project's own is being replaced while it installs. */
const withoutOwnNode = {
  ...process.env,
  PATH: (process.env.PATH ?? '').split(delimiter).filter(entry => !entry.includes('node_modules')).join(delimiter),
  npm_config_loglevel: 'error',
};

let running = null;
let stopped = false;
// A terminal sends Ctrl-C to each of its processes; a supervisor sends it to this one alone. The service takes it once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopped = true;
    running?.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  });
}

process.exitCode = await quickstart();

async function quickstart() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) return fail(`Node 20 or newer is needed; this is ${process.versions.node}.`);
  if (await isInstalled()) console.log('Packages are installed.');
  else if (await install() !== 0) return fail('The packages could not be installed.');
  if (await run('Building …', npm, ['run', '--silent', 'build'], process.env) !== 0) return fail('The build failed.');
  return run('Starting …', node, ['--enable-source-maps', 'dist/src/demo/main.js'], process.env);
}

/** A registry that stalls in the middle of a package fails the whole of `npm ci`; what was fetched stays in the cache, so the next try goes on from there. */
async function install(tries = 3) {
  const code = await run('Installing packages …', npm, ['ci'], withoutOwnNode);
  return code === 0 || tries === 1 || stopped ? code : install(tries - 1);
}

/** npm notes in node_modules what it has installed; older than the lock, or without the project's Node, it is not that. */
async function isInstalled() {
  const [lock, installed, own] = await Promise.all(['package-lock.json', 'node_modules/.package-lock.json', node]
    .map(file => stat(resolve(project, file)).catch(() => null)));
  return lock !== null && installed !== null && own !== null && installed.mtimeMs >= lock.mtimeMs;
}

function run(title, program, args, env) {
  if (stopped) return Promise.resolve(130);
  console.log(title);
  return new Promise(done => {
    running = spawn(program, args, { cwd: project, env, stdio: 'inherit', shell: windows && program.endsWith('.cmd') });
    running.once('error', error => done(fail(error.message)));
    running.once('close', (code, signal) => {
      running = null;
      done(code ?? (signal === null ? 1 : 130));
    });
  });
}

function fail(message) {
  if (!stopped) console.error(message);
  return 1;
}
