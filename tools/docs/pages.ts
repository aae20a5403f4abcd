import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Json } from '@waybill/core/bytes';
import { contractSchema } from '@waybill/core/contract';
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

/** Files that are written as a whole. */
const DOCUMENTS: Readonly<Record<string, () => Json>> = {
  'contract.schema.json': contractSchema,
};

type BlocksOf = Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

export interface Page {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Every page that is generated, or has generated parts, as it is and as the code wants it. */
export function renderPages(): Promise<readonly Page[]> {
  return Promise.all([
    ...Object.entries(BLOCKS).map(async ([name, blocksOf]) => {
      const page = pageOf(name);
      return { ...page, after: withBlocks(page.before, await blocksOf()) };
    }),
    ...Object.entries(DOCUMENTS).map(async ([name, documentOf]) => ({
      ...pageOf(name),
      after: `${JSON.stringify(documentOf(), null, 2)}\n`,
    })),
  ]);
}

function pageOf(name: string): Omit<Page, 'after'> {
  const file = resolve(REFERENCE, name);
  return { file, before: readFileSync(file, 'utf8') };
}
