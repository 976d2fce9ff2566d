import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The built service as a process of its own, which a test can kill, freeze, or give another time. */
export interface ServiceProcess {
  /** `null`: a worker has no address. */
  readonly url: string | null;
  kill(signal: NodeJS.Signals): void;
  /** How it ended; waits until it has. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const [ready, address] = [/^(?:Listening on|Working)/, /^Listening on (\S+)$/];

/** Starts it with nothing in its environment but this and the path; ready when it says that it listens, or works. */
export async function startServiceProcess(env: Record<string, string>, nodeOptions: readonly string[] = []): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...nodeOptions, 'dist/src/main.js'], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', LOG_LEVEL: 'silent', ...env }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null }));
  const line = await firstLine(child, ready, end);
  return { url: address.exec(line)?.[1] ?? null, kill: (signal) => { child.kill(signal); }, ended: async () => await end };
}

async function firstLine(child: ChildProcess, wanted: RegExp, end: Promise<unknown>): Promise<string> {
  const said = Promise.withResolvers<string>();
  // Read on to the end: a pipe that nobody reads would hold the process up.
  createInterface(child.stdout!).on('line', (line) => { if (wanted.test(line)) said.resolve(line); });
  return await Promise.race([said.promise, end.then((how) => { throw new Error(`the service ended: ${JSON.stringify(how)}`); })]);
}
