import { type MaterialReader, readObject } from '../reader.ts';

/** OpenSSF Scorecard JSON, format version 2. */
export const scorecardReader: MaterialReader = {
  kind: 'OSSF_SCORECARD_JSON',
  next: 'Write it with scorecard --format json',
  detect: ({ object }) =>
    object?.optionalObject('scorecard')?.has('version') === true && object.has('checks'),
  validate: (input) => {
    const report = readObject(input);
    const version = report.object('scorecard').string('version');
    report.object('repo').string('name');
    const checks = report.objects('checks');
    for (const check of checks) {
      check.string('name');
      check.integer('score');
      check.string('reason');
    }
    const score = report.raw('score');
    return {
      tools: [{ name: 'scorecard', version }],
      counts: { checks: checks.length },
      annotations: typeof score === 'number' ? { 'scorecard.score': String(score) } : {},
    };
  },
};
