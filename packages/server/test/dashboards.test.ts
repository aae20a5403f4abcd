/** The dashboard and the alert rules of deploy/ ask only for what a server shows. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { parse } from 'yaml';
import { createMetrics, type LabelValues } from '../src/ground/observe/metrics.ts';
import { declareMetrics } from '../src/metrics.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../../deploy/${path}`, import.meta.url), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Variable {
  readonly query: { readonly query: string } | string;
}

const rules = (parse(read('prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(read('grafana/waybill.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
};
const questions: readonly (readonly [string, string])[] = [
  ...rules.map((rule) => [rule.alert, rule.expr] as const),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.templating.list.flatMap(({ query }) =>
    typeof query === 'string' ? [] : [['variable', query.query.replace(/, \w+\)$/, ')')] as const],
  ),
];

/** Of the scrape itself, not of the server. */
const BY_PROMETHEUS = new Set(['up']);
const LABELS_BY_PROMETHEUS = new Set(['job', 'instance', 'le']);
const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'on', 'by', 'without', 'ignoring']);

interface Selector {
  readonly metric: string;
  readonly matchers: readonly (readonly [string, string, string])[];
}

/** The series that an expression names; functions, keywords and lists of labels are not among them. */
function selectorsOf(expression: string): readonly Selector[] {
  const text = expression.replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  return (
    text
      .matchAll(/(?<![\w.$"])([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g)
      .filter(([, word = '', next = '']) => next !== '(' && !WORDS.has(word))
      .map(([, metric = '', braces = '']) => ({
        metric,
        matchers: braces
          .matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)
          .map(([, label = '', operator = '', value = '']) => [label, operator, value] as const)
          .toArray(),
      }))
      // What is left of a quoted string or a duration such as [5m] stands inside braces or brackets.
      .filter(({ metric }) => !new RegExp(`\\[[^\\]]*${metric}[^\\]]*\\]`).test(text))
      .toArray()
  );
}

const familyOf = (series: string): string => series.replace(/_(?:bucket|sum|count)$/, '');

describe('selectorsOf', () => {
  it('finds what an expression asks for', () => {
    const found = selectorsOf(
      'histogram_quantile(0.9, sum by (le, a) (rate(x_bucket{a=~"b|c"}[5m]))) / y offset 10m > 1 and on (job) z{}',
    );
    assert.deepEqual(found, [
      { metric: 'x_bucket', matchers: [['a', '=~', 'b|c']] },
      { metric: 'y', matchers: [] },
      { metric: 'z', matchers: [] },
    ]);
  });
});

describe('deploy', () => {
  let world: TestWorld;
  let types: ReadonlyMap<string, string>;
  const labelsOf = new Map<string, LabelValues>();

  before(async () => {
    world = await testWorld();
    const text = await (await fetch(`${world.url}/metrics`)).text();
    types = new Map(text.matchAll(/^# TYPE (\S+) (\S+)$/gm).map(([, name = '', type = '']) => [name, type]));
    const metrics = createMetrics();
    declareMetrics(metrics);
    for (const { name, labels } of metrics.describe()) labelsOf.set(name, labels);
  });
  after(() => world.close());

  it('names only figures that a server shows, as what they are', () => {
    for (const [where, expression] of questions) {
      for (const { metric } of selectorsOf(expression)) {
        if (BY_PROMETHEUS.has(metric)) continue;
        const isPart = types.get(familyOf(metric)) === 'histogram' && metric !== familyOf(metric);
        assert.ok(isPart || types.has(metric), `${where}: no server shows ${metric}`);
        assert.ok(isPart || types.get(metric) !== 'histogram', `${where}: ${metric} has no value of its own`);
      }
    }
    assert.ok(questions.length > 50);
  });

  it('matches only labels and values that there are', () => {
    for (const [where, expression] of questions) {
      for (const { metric, matchers } of selectorsOf(expression)) {
        const labels = labelsOf.get(familyOf(metric)) ?? labelsOf.get(metric) ?? {};
        for (const [label, operator, value] of matchers) {
          if (LABELS_BY_PROMETHEUS.has(label)) continue;
          const known = labels[label];
          assert.ok(known !== undefined, `${where}: ${metric} has no label ${label}`);
          const wanted = operator.endsWith('~') ? value.split('|') : [value];
          if (known.length === 0) continue;
          for (const one of wanted)
            assert.ok(known.includes(one), `${where}: ${metric} is never ${label}=${one}`);
        }
      }
    }
  });

  it('asks for rates of what only grows, and for no rate of what does not', () => {
    for (const [where, expression] of questions) {
      for (const [, metric = ''] of expression.matchAll(/\b(?:rate|increase)\(\s*(\w+)/g)) {
        const type = types.get(metric) ?? types.get(familyOf(metric));
        assert.ok(type === 'counter' || type === 'histogram', `${where}: rate of the ${type} ${metric}`);
      }
      for (const { metric } of selectorsOf(expression)) {
        if (types.get(metric) !== 'counter') continue;
        assert.match(expression, new RegExp(`(?:rate|increase)\\(\\s*${metric}`), `${where}: bare ${metric}`);
      }
    }
  });

  it('tells with each alert what it means and what to do', () => {
    for (const { alert, labels, annotations } of rules) {
      assert.match(alert, /^Waybill[A-Z]/);
      assert.match(labels['severity'] ?? '', /^(?:critical|warning)$/, alert);
      for (const name of ['summary', 'description', 'runbook']) {
        assert.ok((annotations[name] ?? '').length > 10, `${alert} has no ${name}`);
      }
      assert.match(annotations['runbook'] ?? '', /^[A-Z].*\.$/, alert);
    }
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  });

  it('has a place in the dashboard for every figure of the server', () => {
    const shown = new Set(
      dashboard.panels.flatMap(({ targets = [] }) =>
        targets.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric)),
      ),
    );
    const ours = [...types.keys()].filter((name) => name.startsWith('waybill_'));
    const missing = ours.filter((name) => ![...shown].some((one) => one === name || familyOf(one) === name));
    assert.deepEqual(missing, []);
  });
});
