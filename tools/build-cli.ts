/**
 * `npm run build:cli`: the whole CLI in one file, packages/cli/dist/waybill.js, that runs without this repository.
 * CommonJS, because a lone `.js` file is that. In front stands the launcher, in a syntax old enough to reach the
 * check of the Node version; the program follows as a comment, which the launcher compiles when a command needs it.
 * Parsed with the launcher, it would cost every process 30 ms, as the compile cache never holds a main script.
 */
import { chmod, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const cli = path.join(root, 'packages/cli');

export interface BuiltCli {
  readonly file: string;
  readonly sizeBytes: number;
}

/** Replaces the file as a whole: a CLI that runs meanwhile sees the old or the new one. */
export async function buildCli(directory = path.join(cli, 'dist')): Promise<BuiltCli> {
  const file = path.join(directory, 'waybill.js');
  const temp = `${file}.${process.pid}.tmp`;
  await mkdir(directory, { recursive: true });
  // Inside a package of type "module" a plain .js would be read as ESM.
  await writeFile(path.join(directory, 'package.json'), '{ "type": "commonjs" }\n');
  const [launcher, program] = await Promise.all([
    bundled({
      entryPoints: [path.join(cli, 'bin/waybill.js')],
      target: 'node14',
      plugins: [programInComment],
    }),
    bundled({
      entryPoints: [path.join(cli, 'src/main.ts')],
      target: 'node24',
      define: { 'import.meta.url': 'waybillFileUrl' },
      banner: { js: "'use strict';var waybillFileUrl=require('url').pathToFileURL(__filename).href;" },
    }),
  ]);
  await writeFile(temp, `${launcher}\n${START}${inComment(program)}${END}\n`);
  await chmod(temp, 0o755);
  await rename(temp, file);
  return { file, sizeBytes: (await stat(file)).size };
}

async function bundled(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'inline',
    logLevel: 'warning',
    ...options,
  });
  return outputFiles?.[0]?.text ?? '';
}

const START = '/*waybill:program\n';
const END = '*/';

const BROKEN_END = '*\x01/';

function inComment(program: string): string {
  if (program.includes(BROKEN_END) || Buffer.byteLength(program) !== program.length) {
    throw new Error('the bundled program is not plain ASCII: it cannot stand in a comment');
  }
  return program.replaceAll(END, BROKEN_END);
}

/** Stands in the launcher for `import('../src/main.ts')`: the program of the comment, compiled through Node's cache. */
const PROGRAM_IN_COMMENT = `
  const Module = require('module');
  const { readFileSync } = require('fs');
  const file = readFileSync(__filename, 'latin1');
  const start = file.lastIndexOf(${JSON.stringify(START)}) + ${START.length};
  const loaded = new Module(__filename);
  Object.assign(loaded, { filename: __filename, paths: module.paths });
  loaded._compile(file.slice(start, file.lastIndexOf('${END}')).replaceAll('*\\x01/', '${END}'), __filename);
  module.exports = loaded.exports;
`;

const programInComment: Plugin = {
  name: 'program in a comment',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.\/src\/main\.ts$/ }, ({ path: name }) => ({
      path: name,
      namespace: 'comment',
    }));
    onLoad({ filter: /./, namespace: 'comment' }, () => ({ contents: PROGRAM_IN_COMMENT, loader: 'js' }));
  },
};

if (process.argv[1] === import.meta.filename) {
  const { file, sizeBytes } = await buildCli();
  process.stdout.write(`${path.relative(process.cwd(), file)}  ${(sizeBytes / 1024).toFixed(0)} KiB\n`);
}
