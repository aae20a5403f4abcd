import { type Fields, quoted } from '../../bytes/index.ts';
import { type MaterialReader, mismatch, readObject, toolOf } from '../reader.ts';

/** SARIF 2.1.0 (OASIS): version, runs, and the driver of each run are mandatory (§3.13, §3.14, §3.18, §3.19). */
export const sarifReader: MaterialReader = {
  kind: 'SARIF',
  next: 'Write the report in SARIF 2.1.0',
  detect: ({ object }) => Array.isArray(object?.raw('runs')) && typeof object?.raw('version') === 'string',
  validate: (input) => {
    const log = readObject(input);
    const version = log.string('version');
    if (version !== '2.1.0') throw mismatch(`expected version 2.1.0, found ${quoted(version)}`);
    const runs = log.objects('runs');
    const drivers = runs.map((run) => run.object('tool').object('driver'));
    return {
      tools: drivers.flatMap((driver) =>
        toolOf(
          driver.string('name'),
          driver.optionalString('semanticVersion') ?? driver.optionalString('version'),
        ),
      ),
      counts: { runs: runs.length, findings: runs.reduce((sum, run) => sum + countResults(run), 0) },
    };
  },
};

function countResults(run: Fields): number {
  return run.has('results') ? run.objects('results').length : 0;
}
