import { checkModules } from '@waybill/rego/check';
import { type Module, RegoSourceError } from '@waybill/rego';
import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import { dataWriter, plainJson, resultJson } from '../../policy/answers.ts';
import { loadPaths } from '../../policy/load-paths.ts';
import { readModules } from '../../policy/open-program.ts';
import { problemsOf, problemsText } from '../../policy/problems.ts';
import { printable } from '../../printable.ts';
import { IGNORE_OPTION, V0_OPTION, versionOf } from '../../policy/query-options.ts';

export const command = defineCommand({
  summary: 'Check policies without evaluating them, as opa check does; exit code 1 when something is wrong',
  arguments: [{ name: 'PATH', summary: 'Modules, or directories of them', required: true, multiple: true }],
  options: {
    strict: {
      type: 'boolean',
      short: 'S',
      summary: 'Refuse unused variables and imports, and what is deprecated',
    },
    lint: { type: 'boolean', summary: 'Tell what is legal and hardly ever meant, too' },
    format: {
      type: 'string',
      short: 'f',
      value: 'FORMAT',
      choices: ['pretty', 'json'],
      summary: 'pretty (default) or json',
    },
    ...IGNORE_OPTION,
    ...V0_OPTION,
  },
  examples: [
    'waybill policy check policies --strict --lint',
    'waybill policy check policy.rego --format json',
  ],
  run: async (session, { options, args }) => {
    const { output, cwd } = session;
    const writeData = dataWriter(output, options.format);
    try {
      const version = versionOf(options);
      const { sources } = await loadPaths(args, { cwd, version, ignore: options.ignore, onlyModules: true });
      const modules = await readModules(sources);
      const problems = checkModules(modules, { strict: options.strict });
      if (problems.length > 0) throw new RegoSourceError(problems);
      const findings = options.lint ? await lintFindings(modules) : [];
      if (writeData) writeData(resultJson(findings.length > 0 ? { findings: plainJson(findings) } : {}));
      else if (findings.length > 0) output.raw(`${printable(findings.map(findingText).join('\n'))}\n`);
      return findings.length > 0 ? EXIT.error : EXIT.ok;
    } catch (error) {
      const problems = problemsOf(error);
      if (writeData) writeData(resultJson({ errors: plainJson(problems) }));
      else output.note(problemsText(problems));
      return EXIT.error;
    }
  },
});

interface Finding {
  readonly rule: string;
  readonly message: string;
  readonly location: { readonly file: string; readonly row: number; readonly col: number };
}

async function lintFindings(modules: readonly Module[]): Promise<readonly Finding[]> {
  const { lintModules } = await import('@waybill/rego/lint');
  return lintModules(modules).map(({ rule, message, location: { file, row, col } }) => ({
    rule,
    message,
    location: { file, row, col },
  }));
}

function findingText({ rule, message, location: { file, row } }: Finding): string {
  return `${file}:${row}: ${rule}: ${message}`;
}
