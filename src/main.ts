import { readConfig } from './config.js';
import { startService } from './service.js';
import { whyNotStarted } from './start-fault.js';

const say = (line: string): void => { process.stdout.write(`${line}\n`); };

try {
  const config = readConfig(process.env);
  const service = await startService(config, say);
  if (config.role === 'worker') {
    say(`Working: it takes jobs, and has ${service.url === null ? 'no address' : `health and metrics on ${service.url}`}`);
  } else {
    say(`Listening on ${service.url}`);
    say(`Swagger UI:  ${service.url}/docs`);
  }
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    say(`${signal}: finishing what is under way, then stopping`);
    service.stop().then(() => process.exit(0), (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  process.stderr.write(`${whyNotStarted(error)}\n`);
  process.exit(1);
}
