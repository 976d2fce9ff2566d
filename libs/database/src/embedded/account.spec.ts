import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canEnter, canReadAll } from './account.js';

describe('what an unprivileged account may do', () => {
  const stranger = { uid: 54_321, gid: 54_321 };
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contact-segments-account-'));
    await mkdir(join(folder, 'way/inner'), { recursive: true });
    await writeFile(join(folder, 'way/inner/file'), '');
    for (const path of ['', 'way', 'way/inner']) await chmod(join(folder, path), 0o755);
    await chmod(join(folder, 'way/inner/file'), 0o644);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('it enters a folder that it can reach from the root on', async () => {
    expect(await canEnter(stranger, join(folder, 'way/inner'))).toBe(true);
  });

  it('one closed folder on the way shuts it out, and not its owner', async () => {
    await chmod(join(folder, 'way'), 0o700);
    expect(await canEnter(stranger, join(folder, 'way/inner'))).toBe(false);
    expect(await canEnter(owner, join(folder, 'way/inner'))).toBe(true);
  });

  it('one closed file is enough for a folder not to be readable as a whole', async () => {
    expect(await canReadAll(stranger, folder)).toBe(true);
    await chmod(join(folder, 'way/inner/file'), 0o600);
    expect(await canReadAll(stranger, folder)).toBe(false);
  });
});
