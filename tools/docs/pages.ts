import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { attackBlocks } from './attacks.ts';
import { commandBlocks } from './cli.ts';
import { configBlocks } from './config.ts';
import { errorBlocks } from './errors.ts';
import { interoperabilityBlocks } from './interoperability.ts';
import { withBlocks } from './markdown.ts';
import { metricBlocks } from './metrics.ts';

const REFERENCE = resolve(import.meta.dirname, '../../docs/reference');

/** Which page takes which blocks. */
const BLOCKS: Readonly<Record<string, () => BlocksOf>> = {
  '../SECURITY-TESTS.md': attackBlocks,
  'cli.md': commandBlocks,
  'config.md': configBlocks,
  'errors.md': errorBlocks,
  'interoperability.md': interoperabilityBlocks,
  'metrics.md': metricBlocks,
};

type BlocksOf = Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

export interface Page {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Every page with generated parts, as it is and as the code wants it. */
export function renderPages(): Promise<readonly Page[]> {
  return Promise.all(
    Object.entries(BLOCKS).map(async ([name, blocksOf]) => {
      const file = resolve(REFERENCE, name);
      const before = readFileSync(file, 'utf8');
      return { file, before, after: withBlocks(before, await blocksOf()) };
    }),
  );
}
