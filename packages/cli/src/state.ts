import path from 'node:path';
import { CodedError, isCoded } from '@waybill/core';
import { Fields, type Json, parseJson } from '@waybill/core/bytes';
import { parseDigest } from '@waybill/core/digest';
import { optionalParts, parseRunMaterial, type RunPredicate } from '@waybill/core/intoto';
import { cliError } from './exit.ts';
import { makeDirectory, readIfPresent, removeIfPresent, writePrivate } from './files.ts';
import { withLock } from './lock.ts';
import type { Session } from './session.ts';

/** One attestation while it is collected: everything a later process needs, and no secret. */
export interface AttestationState
  extends Pick<
    RunPredicate,
    'contract' | 'runner' | 'source' | 'change' | 'environment' | 'annotations' | 'materials'
  > {
  readonly server: string;
  readonly run: {
    readonly id: string;
    readonly organization: string;
    readonly project: string;
    readonly workflow: string;
    /** RFC 3339. */
    readonly startedAt: string;
    readonly expiresAt: string;
  };
  /** The normalised contract, as the server gave it. */
  readonly contractDocument: Json;
  /** Where materials are uploaded, `<org>/<project>/<workflow>`. */
  readonly repository: string;
  /** Where recorded files are, by the names of their materials: for previews. */
  readonly files?: Readonly<Record<string, string>>;
  /** The bundle as it was signed, byte for byte: a retry sends the same. */
  readonly signedBundle?: string;
  /** No run is behind it: it is there to try out, and nothing of it reaches the server. */
  readonly dryRun?: true;
}

const FORMAT = 1;

/** `--state FILE`, else `.waybill/attestation-<NAME>.json` in the working directory. */
export function stateFile(
  session: Session,
  choice: { readonly state: string | undefined; readonly attestation: string | undefined },
): string {
  if (choice.state !== undefined) return path.resolve(session.cwd, choice.state);
  const name = choice.attestation ?? session.env['WAYBILL_ATTESTATION'] ?? 'default';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    throw cliError(
      'usage_invalid',
      `--attestation: expected a name of letters, digits, ".", "_" and "-", found ${JSON.stringify(name)}`,
    );
  }
  return path.join(session.cwd, '.waybill', `attestation-${name}.json`);
}

/** Throws `state_missing` or `state_invalid`. */
export async function readState(file: string): Promise<AttestationState> {
  const state = await readStateIfPresent(file);
  if (state) return state;
  throw cliError(
    'state_missing',
    `no attestation is open here (${file} does not exist): start one with waybill attestation init`,
  );
}

export async function readStateIfPresent(file: string): Promise<AttestationState | null> {
  const text = await readIfPresent(file);
  if (text === null) return null;
  try {
    return parseState(text, file);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw cliError(
      'state_invalid',
      `${file} is not the state of an attestation (${cause.message}): remove it and start again with waybill attestation init`,
      { cause },
    );
  }
}

export async function writeState(session: Session, file: string, state: AttestationState): Promise<void> {
  await writePrivate(session, file, formatState(state));
}

export function formatState(state: AttestationState): string {
  return `${JSON.stringify({ format: FORMAT, ...state }, null, 1)}\n`;
}

/** Where the state of one run is; another run may be there by now. */
export interface StateOf {
  readonly file: string;
  readonly runId: string;
}

/** Writes the state of a new attestation, unless one is open there: that one, which is left alone, or null. */
export async function createState(
  session: Session,
  file: string,
  state: AttestationState,
): Promise<AttestationState | null> {
  await makeDirectory(path.dirname(file));
  return withLock(session, file, async () => {
    const open = await readStateIfPresent(file);
    if (open === null) await writeState(session, file, state);
    return open;
  });
}

/** Removes the state unless it is of another run by now. */
export async function removeState(session: Session, { file, runId }: StateOf): Promise<void> {
  const isOurs = async (): Promise<boolean> => (await readStateIfPresent(file))?.run.id === runId;
  if (!(await isOurs())) return;
  await withLock(session, file, async () => {
    if (await isOurs()) await removeIfPresent(file);
  });
}

/** The state as it was before it was signed. */
export function withoutBundle(state: AttestationState): AttestationState {
  const { signedBundle: _signed, ...unsigned } = state;
  return unsigned;
}

/**
 * Changes the state under its lock, so that two processes that record at once both succeed.
 * Throws `state_missing`, and `state_replaced` when an attestation of another run is open there by now.
 */
export async function updateState(
  session: Session,
  { file, runId }: StateOf,
  change: (state: AttestationState) => AttestationState | Promise<AttestationState>,
): Promise<AttestationState> {
  // Without a state there is no directory for the lock either.
  await readState(file);
  return withLock(session, file, async () => {
    const state = await readState(file);
    if (state.run.id !== runId) {
      throw cliError(
        'state_replaced',
        `${file} is of the run ${state.run.id} by now, which another waybill started meanwhile; nothing was recorded for the run ${runId}: run the same command again for the new one`,
      );
    }
    const changed = await change(state);
    await writeState(session, file, changed);
    return changed;
  });
}

/** Throws `state_invalid`, `shape_invalid`, `json_…`. */
export function parseState(text: string, file: string): AttestationState {
  const fields = new Fields(parseJson(text, file), 'state');
  if (fields.integer('format') !== FORMAT) {
    throw new CodedError(
      'state_invalid',
      `state.format: expected ${FORMAT}, written by another version of waybill`,
    );
  }
  const run = fields.object('run');
  const contract = fields.object('contract');
  const runner = fields.object('runner');
  const url = runner.optionalString('url');
  const signedBundle = fields.optionalString('signedBundle');
  return {
    server: fields.string('server'),
    run: {
      id: run.string('id'),
      organization: run.string('organization'),
      project: run.string('project'),
      workflow: run.string('workflow'),
      startedAt: run.string('startedAt'),
      expiresAt: run.string('expiresAt'),
    },
    contract: {
      name: contract.string('name'),
      revision: contract.integer('revision'),
      digest: parseDigest(contract.string('digest'), 'state.contract.digest'),
    },
    contractDocument: fields.raw('contractDocument') ?? null,
    repository: fields.string('repository'),
    runner: { type: runner.string('type'), ...(url === undefined ? {} : { url }) },
    ...optionalParts(fields),
    environment: fields.stringMap('environment'),
    annotations: fields.stringMap('annotations'),
    materials: fields.objects('materials').map(parseRunMaterial),
    ...(fields.has('files') ? { files: fields.stringMap('files') } : {}),
    ...(signedBundle === undefined ? {} : { signedBundle }),
    ...(fields.optionalBoolean('dryRun') === true ? { dryRun: true } : {}),
  };
}
