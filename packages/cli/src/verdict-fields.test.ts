import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { judgedPolicies, policyRows } from './verdict-fields.ts';

describe('judgedPolicies', () => {
  it('reads what a verdict says, for people too', () => {
    const said = [
      { name: 'licences', outcome: 'holds', material: 'sbom' },
      { name: 'commit', outcome: 'undetermined', cause: 'error', reason: 'no engine', advisory: true },
    ];
    const read = judgedPolicies({ waybill_policies: said });
    assert.deepEqual(read, said);
    assert.deepEqual(
      policyRows(read).map(([, text]) => text),
      ['licences about sbom: holds', 'commit: undetermined (error: no engine) (advisory)'],
    );
    assert.deepEqual([judgedPolicies({}), policyRows(null)], [null, []]);
  });

  it('takes no word for an outcome that is none', () => {
    for (const strange of [{ name: 'x', outcome: 'HOLDS' }, { outcome: 'holds' }, 'holds']) {
      assert.throws(
        () => judgedPolicies({ waybill_policies: [strange] }),
        (error) => isCoded(error, 'shape_invalid'),
      );
    }
  });
});
