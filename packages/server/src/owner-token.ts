import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '@waybill/core';

const OWNER_TOKEN_FILE = 'owner-token';

/** Puts the first token where only the owner of the data directory finds it; durable before it counts. */
export function keepOwnerToken(dataDir: string): (token: Secret<string>) => Promise<void> {
  return async (token) => {
    const path = join(dataDir, OWNER_TOKEN_FILE);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.chmod(0o600);
      await file.writeFile(`${token.reveal()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  };
}
