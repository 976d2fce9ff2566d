/** Why the embedded PostgreSQL did not start. The message says what to do, so that a start needs to print no more than that. */
export class EmbeddedPostgresFault extends Error {
  override readonly name = 'EmbeddedPostgresFault';
}

const OWN_DATABASE = 'set DATABASE_URL to a PostgreSQL (17 or newer) of your own';

export function binariesMissing(platform: string, cause: unknown): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`There is no embedded PostgreSQL for ${platform} in node_modules (optional packages left out?): `
    + `install again with them, or ${OWN_DATABASE}.`, { cause });
}

export function binariesDoNotRun(program: string, why: string): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`The embedded PostgreSQL does not run on this machine (${program}: ${why.trim()}); ${OWN_DATABASE}.`);
}

export function initdbFailed(folder: string, output: string): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`The database in ${folder} could not be created: ${output.trim()}`);
}

export function folderOfAnother(folder: string, owner: number): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`The database in ${folder} belongs to user id ${owner}: start the service as that user or as root, `
    + 'or choose another DATA_DIR.');
}

export function madeByAnotherVersion(folder: string, made: string, ours: string): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`The database in ${folder} was made by PostgreSQL ${made}, and this version of the service brings ${ours}: `
    + 'go back to the version that made it, export, and import into a new DATA_DIR.');
}

export function recordUnreadable(file: string, cause: unknown): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`${file}, which holds the place and the password of the embedded database, cannot be read.`, { cause });
}

export function passwordRefused(file: string, cause: unknown): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`The running database refuses the password in ${file}: the two are not of the same DATA_DIR.`, { cause });
}

export function serverFailed(log: string, tail: string): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`PostgreSQL did not start. The end of ${log}:\n${tail.trim()}`);
}

export function serverNotReady(folder: string, seconds: number, log: string): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`PostgreSQL in ${folder} was not ready within ${seconds} s; its log is ${log}.`);
}

export function folderInUse(dataDir: string, holder: string): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`Another running service (${holder}) holds the data folder ${dataDir}: `
    + 'stop it first, or give this one another DATA_DIR.');
}

export function nowhereToPut(folders: readonly string[]): EmbeddedPostgresFault {
  return new EmbeddedPostgresFault(`PostgreSQL cannot run as root, and there is no place for an unprivileged user: ${folders.join(' and ')} `
    + 'cannot be written to. Choose a DATA_DIR that everybody can enter.');
}
