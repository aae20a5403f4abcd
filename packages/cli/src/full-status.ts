import { listing, table } from './output.ts';
import type { AttestationState } from './state.ts';
import { timeText } from './text.ts';

/** Everything that an attestation will state beside its materials, part by part. */
export function fullStatus(state: AttestationState): string {
  return [
    ...part('Runner', runnerOf(state)),
    ...part('Commit', commitOf(state)),
    ...part('Change', changeOf(state)),
    ...part('Variables', pairsOf('VARIABLE', state.environment)),
    ...part('Annotations', pairsOf('ANNOTATION', annotationsOf(state))),
  ].join('\n');
}

function part(title: string, text: string): readonly string[] {
  return text === '' ? [] : ['', `${title}:`, text];
}

function runnerOf({ runner }: AttestationState): string {
  return listing([
    ['type', runner.type],
    ['page', runner.url],
  ]);
}

function commitOf({ source }: AttestationState): string {
  if (source === undefined) return '';
  return listing([
    ['commit', source.commit],
    ['author', `${source.author.name} <${source.author.email}>`],
    ['date', timeText(source.date)],
    ['message', source.message.split('\n')[0]],
    ['remotes', source.remotes.map(({ name, url }) => `${name} ${url}`).join(', ') || null],
    ['signature', source.signature === undefined ? 'none' : 'there, not verified'],
  ]);
}

function changeOf({ change }: AttestationState): string {
  if (change === undefined) return '';
  return listing([
    ['request', change.id],
    ['title', change.title],
    ['from', change.sourceBranch],
    ['to', change.targetBranch],
    ['page', change.url],
  ]);
}

function pairsOf(title: string, values: Readonly<Record<string, string>>): string {
  const rows = Object.entries(values);
  if (rows.length === 0) return '';
  return table(rows, [
    { title, of: ([name]) => name },
    { title: 'VALUE', of: ([, value]) => value },
  ]);
}

/** Of the run, then of each material. */
function annotationsOf(state: AttestationState): Readonly<Record<string, string>> {
  const ofMaterials = state.materials.flatMap(({ name, annotations }) =>
    Object.entries(annotations).map(([key, value]) => [`${name}: ${key}`, value] as const),
  );
  return { ...state.annotations, ...Object.fromEntries(ofMaterials) };
}
