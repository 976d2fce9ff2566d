import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { tooManyWorkbooks, tooManyWorkbooksOfTenant } from './files.problems.js';
import type { ImportFormat } from './import-options.js';

/** Each lies in the temporary folder with up to 256 MiB while it is read: a gigabyte in all, half of it one tenant's. */
const [mostAtOnce, mostOfTenant] = [4, 2];

/** How many workbooks lie in the temporary folder of this process. */
@Injectable()
export class OpenWorkbooks {
  readonly #open = new Map<string, number>();

  /** Does what reads the file; of a workbook only while there is room. @throws 429 where the tenant has its share open, 503 where all are. */
  async within<T>(tenantId: string, format: ImportFormat, file: Readable, read: () => Promise<T>): Promise<T> {
    if (format !== 'xlsx') return await read();
    const own = this.#open.get(tenantId) ?? 0;
    const all = [...this.#open.values()].reduce((sum, open) => sum + open, 0);
    if (own >= mostOfTenant || all >= mostAtOnce) {
      // Whoever sends still hears the answer.
      file.resume();
      throw own >= mostOfTenant ? tooManyWorkbooksOfTenant(mostOfTenant) : tooManyWorkbooks();
    }
    this.#open.set(tenantId, own + 1);
    try {
      return await read();
    } finally {
      const left = (this.#open.get(tenantId) ?? 1) - 1;
      if (left === 0) this.#open.delete(tenantId);
      else this.#open.set(tenantId, left);
    }
  }
}
