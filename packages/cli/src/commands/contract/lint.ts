import type { LintFinding, Severity } from '@waybill/core/contract';
import { defineCommand } from '../../command.ts';
import { type ContractSource, readSource } from '../../contract-source.ts';
import { EXIT } from '../../exit.ts';
import { type Colour, type Output } from '../../output.ts';
import { plural } from '../../text.ts';

export const command = defineCommand({
  summary:
    'Check contract documents without a server: place, fault, what was probably meant; exit code 1 for faults',
  arguments: [
    {
      name: 'FILE',
      summary: 'YAML, JSON or CUE, one or several documents; an https:// URL; - for standard input',
      required: true,
      multiple: true,
    },
  ],
  options: { strict: { type: 'boolean', summary: 'Warnings are faults as well' } },
  examples: [
    'waybill contract lint contract.yaml',
    'waybill contract lint --strict contracts/*.yaml -o json',
  ],
  run: async (session, { options, args }) => {
    const { lintContracts } = await import('@waybill/core/contract');
    const files: LintedFile[] = [];
    for (const name of args) {
      const source = await readSource(session, name);
      files.push({ file: source.filename, findings: lintContracts(source.document, source) });
    }
    const count = (severity: Severity) =>
      files.flatMap(({ findings }) => findings).filter((finding) => finding.severity === severity).length;
    const [errors, warnings] = [count('error'), count('warning')];
    const ok = errors === 0 && (warnings === 0 || !options.strict);
    session.output.data({ ok, errors, warnings, files }, () =>
      [
        ...files.flatMap((file) => linesOf(file, session.output)),
        `${plural(args.length, 'file')}: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`,
      ].join('\n'),
    );
    return ok ? EXIT.ok : EXIT.error;
  },
});

interface LintedFile {
  readonly file: ContractSource['filename'];
  readonly findings: readonly LintFinding[];
}

const COLOURS: Readonly<Record<Severity, Colour>> = { error: 'red', warning: 'yellow', advice: 'dim' };

/** `file:line:column: severity: path: message`, which editors turn into a link. */
function linesOf({ file, findings }: LintedFile, { paint }: Output): readonly string[] {
  return findings.map(({ line, column, severity, path, message }) => {
    const about = path === '' ? '' : `${path}: `;
    return `${file}:${line}:${column}: ${paint(COLOURS[severity], severity)}: ${about}${message}`;
  });
}
