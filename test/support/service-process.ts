import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The service as it is shipped, in a process of its own, which a test can hear, kill, freeze, or give another time. */
export interface ServiceProcess {
  /** `null` for a worker without a port. */
  readonly url: string | null;
  readonly pid: number;
  /** All that it has written so far. */
  said(): string;
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has ended. */
  ended(): Promise<void>;
  /** Lets it finish what is under way, and waits until it has ended. */
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const ready = /^(?:Listening on (\S+)|Working\b.*?(?: on (\S+))?)$/m;

/** Starts what `npm run build` has built, with nothing in its environment but this and the path; ready when it says that it listens, or works. */
export async function startServiceProcess(env: Record<string, string>, nodeOptions: readonly string[] = []): Promise<ServiceProcess> {
  if (!existsSync(main)) throw new Error('This test starts the built service: npm run build');
  const child = spawn(process.execPath, [...nodeOptions, main], { env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = once(child, 'exit');
  let said = '';
  const url = await new Promise<string | null>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = ready.exec(said);
      if (found !== null) resolve(found[1] ?? found[2] ?? null);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => { reject(new Error(`the service ended: ${said}`)); });
  });
  const kill = (signal: NodeJS.Signals): void => { child.kill(signal); };
  const ended = async (): Promise<void> => { await end; };
  return {
    url, pid: child.pid!, said: () => said, kill, ended,
    async stop() {
      kill('SIGTERM');
      await ended();
    },
  };
}
