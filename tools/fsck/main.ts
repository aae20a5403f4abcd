/** `npm run fsck -- --data DIR`: recomputes every log of a server from its entries, with none of the code that wrote it. */
import { CodedError } from '@waybill/core';
import { createLog, openGivenKey, parseConfig } from '@waybill/server/ground';
import { findDatabase } from '../../packages/server/src/open-connection.ts';
import { checkData } from './check-data.ts';

const USAGE = `usage: npm run fsck -- --data DIR [options of the server that say where its data lies]
       exit code 0: all is well · 1: something is wrong · 2: it could not be checked`;

const undo: (() => Promise<void> | void)[] = [];
try {
  process.exitCode = await check(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CodedError)) throw error;
  console.error(`${error.message} [${error.code}]\n${USAGE}`);
  process.exitCode = 2;
} finally {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
}

async function check(argv: readonly string[]): Promise<number> {
  const config = parseConfig(argv, process.env);
  const seal = await openGivenKey({ dataDir: config.dataDir, fromEnvironment: config.masterKey });
  if (seal === null) {
    const where = `in ${config.dataDir}/master.key or WAYBILL_MASTER_KEY`;
    throw new CodedError('master_key_missing', `no signature can be checked without the master key ${where}`);
  }
  const connection = await findDatabase(config, { log: createLog('warn'), undo, what: 'fsck' });
  const logs = await checkData({ connection, blobsDir: config.blobsDir, seal });
  for (const { origin, size, frozen, findings } of logs) {
    const state = findings.length === 0 ? 'good' : `${findings.length} findings`;
    console.log(`${origin}: ${size} entries${frozen ? ', frozen' : ''}: ${state}`);
    for (const finding of findings) console.log(`  ${finding}`);
  }
  return logs.some(({ findings }) => findings.length > 0) ? 1 : 0;
}
