import { rm } from 'node:fs/promises';

export default async function tearDown() {
  const { server, folder } = globalThis.testDatabaseServer ?? {};
  await server?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
