import type { Session } from '../session.ts';
import { type Candidate, complete } from './complete.ts';
import { namesOfServer } from './names.ts';

/** The answer as the scripts of the shells read it. */
export async function completionText(
  session: Session,
  { shell, words }: { readonly shell: string; readonly words: readonly string[] },
): Promise<string> {
  const { candidates, paths } = await complete(shell, words, namesOfServer(session));
  return [...candidates.map(lineOf), ...(paths ? [`:${paths.type}\t${paths.prefix}`] : [])]
    .map((line) => `${line}\n`)
    .join('');
}

function lineOf({ value, summary }: Candidate): string {
  return summary === undefined ? value : `${value}\t${summary}`;
}
