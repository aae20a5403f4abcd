import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseModule, RegoSourceError } from '@waybill/rego';
import { type FormatOptions, formatModule } from '@waybill/rego/format';
import { defineCommand, type OptionSpecs, type OptionValues } from '../../command.ts';
import { cliError, EXIT, type ExitCode } from '../../exit.ts';
import { readAll, reasonOf } from '../../files.ts';
import { loadPaths } from '../../policy/load-paths.ts';
import { problemsOf, problemsText } from '../../policy/problems.ts';
import { IGNORE_OPTION, V0_OPTION, versionOf } from '../../policy/query-options.ts';
import type { Session } from '../../session.ts';

const OPTIONS = {
  write: { type: 'boolean', short: 'w', summary: 'Write the result into the file itself' },
  list: { type: 'boolean', short: 'l', summary: 'Name the files that would change, and nothing else' },
  diff: { type: 'boolean', short: 'd', summary: 'Show what would change' },
  fail: { type: 'boolean', summary: 'Exit code 2 when a file would change' },
  'v0-v1': { type: 'boolean', summary: 'From Rego v0 to what is Rego v0 and v1' },
  'drop-v0-imports': { type: 'boolean', summary: 'Leave out imports that v1 makes needless' },
  ...IGNORE_OPTION,
  ...V0_OPTION,
} as const satisfies OptionSpecs;

type Values = OptionValues<typeof OPTIONS>;

/** As that of `opa fmt`. */
const WOULD_CHANGE = 2;
const NOT_FORMATTED = 2;

interface Module {
  readonly file: string;
  readonly text: string;
  readonly formatted: string;
}

export const command = defineCommand({
  summary: 'Format policies, as opa fmt does; from standard input when no path is given',
  arguments: [{ name: 'PATH', summary: 'Modules, or directories of them', multiple: true }],
  options: OPTIONS,
  examples: ['waybill policy fmt --write policies', 'waybill policy fmt --list --fail policies'],
  run: async (session, { options, args }) => {
    try {
      if (args.length === 0) return await formatInput(session, options);
      const { sources } = await loadPaths(args, {
        cwd: session.cwd,
        version: 'v1',
        ignore: options.ignore,
        onlyModules: true,
      });
      for (const { file, text } of sources) {
        const code = await settle(
          session,
          { file, text, formatted: formatted(file, text, options) },
          options,
        );
        if (code !== EXIT.ok) return code;
      }
      return EXIT.ok;
    } catch (error) {
      session.output.note(problemsText(problemsOf(error)));
      return args.length === 0 ? EXIT.error : NOT_FORMATTED;
    }
  },
});

async function formatInput({ stdin, output }: Session, options: Values): Promise<ExitCode> {
  const text = (await readAll(stdin)).toString('utf8');
  output.raw(formatted('stdin', text, options));
  return EXIT.ok;
}

/** What it gives MUST be a module again: nothing is overwritten with less. */
function formatted(file: string, text: string, options: Values): string {
  const formatting = formatOptions(options);
  const result = formatModule(text, { file, ...formatting });
  try {
    parseModule(result, { file, version: formatting.version ?? 'v1' });
  } catch (cause) {
    if (!(cause instanceof RegoSourceError)) throw cause;
    throw new Error(`${file} was formatted to what is no module: ${cause.message}`, { cause });
  }
  return result;
}

function formatOptions(options: Values): FormatOptions {
  const dropRedundantImports = options['drop-v0-imports'];
  if (options['v0-v1']) return { version: 'v0', to: 'v1', dropRedundantImports };
  return { version: versionOf(options), dropRedundantImports };
}

/** Shows, lists or writes one module. */
async function settle(session: Session, module: Module, options: Values): Promise<ExitCode> {
  const { output } = session;
  const isChanged = module.text !== module.formatted;
  const failing = options.fail && isChanged ? WOULD_CHANGE : EXIT.ok;
  if (failing !== EXIT.ok)
    output.note(`${module.file} is not formatted: waybill policy fmt --write mends it`);
  if (options.list) {
    if (isChanged) output.raw(`${module.file}\n`);
  } else if (options.diff) {
    if (isChanged) output.raw(await diffOf(module));
  } else if (failing === EXIT.ok) {
    if (!options.write) output.raw(module.formatted);
    else if (isChanged) await overwrite(session, module);
  }
  return failing;
}

async function diffOf({ file, text, formatted: result }: Module): Promise<string> {
  const { createTwoFilesPatch } = await import('diff');
  return createTwoFilesPatch(file, file, text, result);
}

/** In place: the mode of the file stays as it is. */
async function overwrite({ cwd }: Session, { file, formatted: result }: Module): Promise<void> {
  try {
    await writeFile(path.resolve(cwd, file), result);
  } catch (cause) {
    throw cliError('cli_file', `cannot write ${file} (${reasonOf(cause)})`, { cause });
  }
}
