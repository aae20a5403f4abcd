import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENTS } from '../../packages/server/interop/clients.ts';
import { code, table } from './markdown.ts';

const FOLDER = join(import.meta.dirname, '../../packages/server/interop');

/** Each client with what the tests of its file try: a file without a client, or a client without a file, is a fault. */
export function interoperabilityBlocks(): Readonly<Record<string, string>> {
  const files = globSync('*.test.ts', { cwd: FOLDER }).toSorted();
  const strays = [...files, ...Object.keys(CLIENTS)].filter(
    (file) => !files.includes(file) || !Object.hasOwn(CLIENTS, file),
  );
  if (strays.length > 0) throw new Error(`clients.ts and the folder differ in ${strays.join(', ')}`);
  const rows = files.flatMap((file) => {
    const client = CLIENTS[file];
    return client === undefined ? [] : [{ file, ...client }];
  });
  const summary = rows.map(({ name, version, way, file }) => [name, version, way, code(file)]);
  const details = rows.map(({ file, name }) => `### ${name}\n\n${triedIn(file)}`);
  return {
    clients: table(['client', 'version', 'pointed at the server by', 'test'], summary),
    tried: details.join('\n\n'),
  };
}

/** The titles of the tests, but for the one about the version. A title with a variable is given for each value. */
function triedIn(file: string): string {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const [, names = ''] = /for \(const name of \[([^\]]+)\]\)/.exec(text) ?? [];
  const values = names.matchAll(/'([^']+)'/g).map(([, value = '']) => value);
  const each = [...values].join(', ');
  const titles = text
    .matchAll(/^ +it\((['"`])(.+?)\1, /gm)
    .map(([, quote, title = '']) =>
      quote === '`' ? title.replaceAll('\\`', '`').replace('`${name}`', each) : title,
    );
  return [...titles]
    .filter((title) => title !== 'is the version that the page names')
    .map((title) => `- ${title}`)
    .join('\n');
}
