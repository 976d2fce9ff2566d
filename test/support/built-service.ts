import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The service as it is shipped, in a process of its own, with all that it says. */
export interface BuiltService {
  readonly url: string;
  /** All that it has written to its output so far. */
  said(): string;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** Starts what `npm run build` has built. */
export async function startBuiltService(env: Record<string, string>): Promise<BuiltService> {
  if (!existsSync(main)) throw new Error('This test starts the built service: npm run build');
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /Listening on (\S+)/.exec(said);
      if (found?.[1] !== undefined) resolve(found[1]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => { reject(new Error(`the service ended: ${said}`)); });
  });
  return {
    url, said: () => said,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
