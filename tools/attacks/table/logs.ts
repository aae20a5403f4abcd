import type { Attack } from '../attack.ts';
import { SERVER } from '../places.ts';

const TLOG = `${SERVER}/tlog`;
const GUARDS = `${TLOG}/guards.test.ts`;

export const LOGS: readonly Attack[] = [
  {
    attack: 'a certificate whose entry the certificate log never took',
    defence: 'the SCT comes out of the call that logs the entry, after it is published',
    file: `${TLOG}/open.ts`,
    without: [
      'await sequencer.append({ leaf, facts: indexable(facts), precertificateSignature: signature });',
      '',
    ],
    test: [`${SERVER}/trust/trust.test.ts`, 'gives no certificate when the CT log does not take the entry'],
    gain: 'certificates for any identity that no monitor sees',
  },
  {
    attack: 'a certificate of another authority put into the certificate log',
    defence: 'add-chain and add-pre-chain refuse everybody',
    file: `${TLOG}/routes/ct.ts`,
    without: ['app.post(`/ct/v1/${name}`, { schema: { hide: true } }, refuseToAdd);', 'continue;'],
    test: ['packages/server/test/ct-reads.test.ts', 'takes no certificate from anybody'],
    gain: 'a log filled with what monitors take for certificates of this authority',
  },
  {
    attack: 'a copy of the data directory started beside the original',
    defence: 'a file in the blob store says its own inode, device and birth time, which no copy shares',
    file: `${TLOG}/open.ts`,
    without: ['await requireOwnPlace(deps);', ''],
    test: [
      GUARDS,
      'does not go on until it is adopted; where no log can go on, the place becomes the right one',
    ],
    gain: 'two logs of one name and key: proof for whatever each of them says',
  },
  {
    attack: 'database and tiles put back to the same earlier day, and the log led on from there',
    defence: 'a guard file outside the data knows what was signed last',
    file: `${TLOG}/recover.ts`,
    without: ['const note = await highWater.read(origin);', 'const note = null as string | null;'],
    test: [GUARDS, 'refuses rows and files that agree with each other, and are both of an earlier day'],
    gain: 'entries taken back, and others in their place',
  },
  {
    attack: 'the same, where there is no guard file',
    defence:
      'anybody can show the log a checkpoint that it signed: one that it does not go on from freezes it',
    file: `${TLOG}/judge-checkpoint.ts`,
    without: ["if (await isOurs(context, shown)) return 'consistent';", "return 'consistent';"],
    test: [GUARDS, 'freezes the log at once when that has forgotten it, or tells another history'],
    gain: 'a fork that goes on, although clients hold the proof of it',
  },
  {
    attack: 'a checkpoint made up by a stranger, to stop the log',
    defence: 'only one with a valid signature of the log itself is judged',
    file: `${TLOG}/judge-checkpoint.ts`,
    without: [
      'const { size, rootHash } = verifyCheckpoint(note, { origin: log.origin, keys: log.noteKeys });',
      'const { size, rootHash } = parseCheckpoint(note).checkpoint;',
    ],
    test: [GUARDS, 'does nothing without a valid signature of a log here'],
    gain: 'no attestation and no certificate until somebody restarts the server',
  },
  {
    attack: 'checkpoints shown as fast as they can be sent',
    defence: 'two a second from one address',
    file: `${TLOG}/routes/own.ts`,
    without: ["if (waitMs > 0) throw rateLimited('too many checkpoints from this address', waitMs);", ''],
    test: [
      'packages/server/test/log-reads.test.ts',
      'takes a few checkpoints from one address, and then none for a while',
    ],
    gain: 'signature checks at our expense',
  },
  {
    attack: 'a log that was frozen, kept alive by a process that has its keys in memory',
    defence: 'each batch reads the row that it locks, and asks whether the log is frozen',
    file: `${TLOG}/integrate.ts`,
    without: ['if (frozenAt !== null) throw frozen(origin);', ''],
    andWithout: [
      `${TLOG}/queries.ts`,
      "    .where('size', '=', from)\n    .where('frozen_at', 'is', null)",
      "    .where('size', '=', from)",
    ],
    test: [`${TLOG}/shards.test.ts`, 'signs nothing more, whoever still holds its keys'],
    gain: 'a second history beside the successor',
  },
];
