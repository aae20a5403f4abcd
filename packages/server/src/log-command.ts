/** `waybill trust log adopt`: says that the data in this place is the one with which the logs go on, or ends them. */
import { CodedError } from '@waybill/core';
import {
  type Config,
  configHelp,
  createLog,
  lockInstance,
  openDb,
  parseConfig,
  placeMarker,
  systemClock,
} from './ground/index.ts';
import { openConnection } from './open-connection.ts';
import { freezeLogs, logsAt } from './tlog/index.ts';

const RISK = `A log must never sign two histories: whoever holds a checkpoint of each can prove it, and from then on nothing that
the log vouches for is worth anything. This data was copied, or its disk changed, and nothing in it can tell whether
another copy goes on signing, or has signed more than this one.

    --continue  this is the only copy that goes on, and no other has signed anything since it was made: the logs go on
    --freeze    anything else: the logs end here, what they hold stays provable, and the next start begins new ones
`;

const HELP = `
waybill trust log adopt --continue | --freeze
${RISK}`;

/** Throws what the rooms throw; `config_…` for words it does not know. */
export async function logCommand(argv: readonly string[]): Promise<void> {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${HELP}\nOptions of the server, which say where its data lies:\n${configHelp()}\n`);
    return;
  }
  const { goOn, config } = readWords(argv);
  process.stdout.write(`${await adopt(config, goOn)}\n`);
}

function readWords(argv: readonly string[]): { readonly goOn: boolean; readonly config: Config } {
  const [verb, ...rest] = argv;
  if (verb !== 'adopt')
    throw new CodedError('config_unknown_option', `waybill trust log ${verb}: expected adopt`);
  const [goOn, freeze] = [rest.includes('--continue'), rest.includes('--freeze')];
  if (goOn === freeze) {
    throw new CodedError(
      'config_invalid',
      `waybill trust log adopt needs --continue or --freeze, and not both.\n\n${RISK}`,
    );
  }
  const own = ['--continue', '--freeze'];
  return {
    goOn,
    config: parseConfig(
      rest.filter((word) => !own.includes(word)),
      process.env,
    ),
  };
}

async function adopt(config: Config, goOn: boolean): Promise<string> {
  const { dataDir, blobsDir } = config;
  const log = createLog('warn');
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const lock = await lockInstance({ dataDir, url: 'waybill trust log adopt', now: systemClock() });
    undo.push(() => lock.release());
    const db = openDb({ connection: await openConnection(config, { log, undo }), log });
    undo.push(() => db.close());
    const going = await db.asSystem(async (tx) => {
      const active = (await logsAt(tx)).filter(({ frozenAt }) => frozenAt === null);
      if (!goOn) await freezeLogs(tx, systemClock());
      return active.map(({ origin, size }) => `${origin} (${size} entries)`).join(', ');
    });
    // Frozen before marked: half of this command leaves a place that is still refused, or logs that have ended.
    await placeMarker(blobsDir).mark();
    const outcome = goOn
      ? 'go on here, and must go on nowhere else'
      : 'are frozen; the next start begins new ones';
    return `${going === '' ? 'no logs' : going}: they ${outcome}`;
  } finally {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }
}
