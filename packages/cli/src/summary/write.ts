import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import type { OptionSpecs, OptionValues } from '../command.ts';
import { reasonOf } from '../files.ts';
import type { Session } from '../session.ts';

/** Where a page about the run goes, for who does not read logs. */
export const SUMMARY_OPTIONS = {
  summary: {
    type: 'string',
    value: 'FILE',
    summary: 'Append a summary in Markdown to FILE (or GITHUB_STEP_SUMMARY, which GitHub Actions sets)',
  },
  'no-summary': { type: 'boolean', summary: 'Write no summary, though the CI system would show it' },
} as const satisfies OptionSpecs;

export type SummaryValues = OptionValues<typeof SUMMARY_OPTIONS>;

/** Appends to the page of the step, which other steps share. What goes wrong there changes nothing of the run: it is told. */
export async function writeSummary(
  { env, cwd, output }: Session,
  options: SummaryValues,
  render: (texts: typeof import('./text.ts')) => string,
): Promise<void> {
  if (options['no-summary']) return;
  const file = options.summary ?? env['GITHUB_STEP_SUMMARY'];
  if (!file) return;
  const text = render(await import('./text.ts'));
  try {
    await appendFile(path.resolve(cwd, file), text);
  } catch (error) {
    output.note(`warning: the summary is not written to ${file} (${reasonOf(error)})`);
  }
}
