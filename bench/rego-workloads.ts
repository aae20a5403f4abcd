/** What policies are asked in practice: each a module and an input, made from numbers alone. */

export interface Workload {
  readonly name: string;
  readonly module: string;
  /** The document that is asked for. */
  readonly query: string;
  readonly input: unknown;
  /** How many times as fast as OPA it must be. */
  readonly target: number;
}

export function workloads(): readonly Workload[] {
  return [licences(1000), licences(10_000), findings(2000), provenance(200), admission(), images(500)];
}

const LICENCES = ['MIT', 'Apache-2.0', 'BSD-3-Clause', 'GPL-3.0-only', 'ISC', 'AGPL-3.0-or-later', 'MPL-2.0'];

function licences(count: number): Workload {
  const components = Array.from({ length: count }, (_, i) => ({
    type: 'library',
    name: `package-${i}`,
    version: `1.${i % 7}.${i % 13}`,
    purl: `pkg:npm/package-${i}@1.${i % 7}.${i % 13}`,
    hashes: [{ alg: 'SHA-256', content: i.toString(16).padStart(64, '0') }],
    licenses: licencesOf(i),
    externalReferences: [{ type: 'vcs', url: `https://example.com/package-${i}.git` }],
  }));
  return {
    name: `licences of ${count} components`,
    module: LICENCE_RULES,
    query: 'data.licences',
    input: { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components },
    target: 3,
  };
}

function licencesOf(i: number): readonly unknown[] {
  const [id, other] = [LICENCES[i % LICENCES.length], LICENCES[(i * 3) % LICENCES.length]];
  if (i % 17 === 0) return [];
  return i % 5 === 0 ? [{ expression: `${id} OR ${other}` }] : [{ license: { id } }];
}

const LICENCE_RULES = `package licences

banned := {"GPL-3.0-only", "AGPL-3.0-or-later"}

ids(component) := {id | some entry in component.licenses; id := entry.license.id}

names(component) := ids(component) | {part |
	some entry in component.licenses
	some part in split(entry.expression, " OR ")
}

deny contains msg if {
	some component in input.components
	some name in names(component)
	name in banned
	msg := sprintf("%s@%s has the banned licence %s", [component.name, component.version, name])
}

missing contains component.purl if {
	some component in input.components
	count(names(component)) == 0
}

allow if {
	count(deny) == 0
	count(missing) == 0
}
`;

function findings(count: number): Workload {
  const severities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
  return {
    name: `${count} findings`,
    module: FINDING_RULES,
    query: 'data.findings',
    input: {
      now: '2026-06-30T00:00:00Z',
      findings: Array.from({ length: count }, (_, i) => ({
        id: `CVE-2025-${i}`,
        severity: severities[i % severities.length],
        score: (i % 100) / 10,
        published: `2026-0${1 + (i % 6)}-15T00:00:00Z`,
        package: `pkg:npm/package-${i % 300}@1.0.0`,
      })),
      exceptions: Array.from({ length: 20 }, (_, i) => ({
        id: `CVE-2025-${i * 7}`,
        until: '2027-01-01T00:00:00Z',
      })),
    },
    target: 3,
  };
}

const FINDING_RULES = `package findings

max_age_ns := ((30 * 24) * 3600) * 1000000000

now := time.parse_rfc3339_ns(input.now)

excepted contains exception.id if {
	some exception in input.exceptions
	time.parse_rfc3339_ns(exception.until) > now
}

deny contains msg if {
	some finding in input.findings
	finding.severity == "CRITICAL"
	not finding.id in excepted
	now - time.parse_rfc3339_ns(finding.published) > max_age_ns
	msg := sprintf("%s in %s has been critical since %s", [finding.id, finding.package, finding.published])
}

by_severity[severity] contains finding.id if {
	some finding in input.findings
	severity := finding.severity
}

allow if count(deny) == 0
`;

function provenance(dependencies: number): Workload {
  const builder =
    'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator.yml@v2';
  return {
    name: 'provenance',
    module: PROVENANCE_RULES,
    query: 'data.provenance',
    input: {
      predicateType: 'https://slsa.dev/provenance/v1',
      signer: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
      subject: [{ name: 'app', digest: { sha256: 'a'.repeat(64) } }],
      predicate: {
        buildDefinition: {
          externalParameters: {
            workflow: { repository: 'https://github.com/acme/app', ref: 'refs/heads/main' },
          },
          resolvedDependencies: Array.from({ length: dependencies }, (_, i) => ({
            uri: `git+https://github.com/acme/library-${i}`,
            digest: i % 50 === 0 ? {} : { gitCommit: i.toString(16).padStart(40, '0') },
          })),
        },
        runDetails: { builder: { id: builder } },
      },
    },
    target: 3,
  };
}

const PROVENANCE_RULES = `package provenance

builders := ["https://github.com/slsa-framework/", "https://builder.example.com/"]

signers := {"https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"}

deny contains "the builder is not known" if {
	not known_builder
}

known_builder if {
	some prefix in builders
	startswith(input.predicate.runDetails.builder.id, prefix)
}

deny contains "the signer is not allowed" if not input.signer in signers

deny contains msg if {
	some dependency in input.predicate.buildDefinition.resolvedDependencies
	not dependency.digest.gitCommit
	msg := sprintf("%s is not pinned", [dependency.uri])
}

allow if count(deny) == 0
`;

function admission(): Workload {
  const container = (name: string, registry: string): unknown => ({
    name,
    image: `${registry}/app:1.0`,
    securityContext: { privileged: name === 'b', runAsNonRoot: true },
    resources: { limits: { cpu: '1', memory: '1Gi' } },
  });
  return {
    name: 'admission of a pod',
    module: ADMISSION_RULES,
    query: 'data.admission',
    input: {
      request: {
        kind: { kind: 'Pod' },
        object: {
          metadata: { name: 'pod', labels: { app: 'x' } },
          spec: {
            containers: [
              container('a', 'registry.example.com'),
              container('b', 'registry.example.com'),
              container('c', 'docker.io'),
            ],
          },
        },
      },
    },
    target: 3,
  };
}

const ADMISSION_RULES = `package admission

required := {"app", "team"}

deny contains msg if {
	input.request.kind.kind == "Pod"
	some container in input.request.object.spec.containers
	not startswith(container.image, "registry.example.com/")
	msg := sprintf("container %q uses image %q from an unknown registry", [container.name, container.image])
}

deny contains msg if {
	input.request.kind.kind == "Pod"
	some container in input.request.object.spec.containers
	container.securityContext.privileged
	msg := sprintf("container %q is privileged", [container.name])
}

deny contains "load balancers are not allowed" if {
	input.request.kind.kind == "Service"
	input.request.object.spec.type == "LoadBalancer"
}

deny contains msg if {
	some label in required
	not input.request.object.metadata.labels[label]
	msg := sprintf("label %q is missing", [label])
}

allow if count(deny) == 0
`;

function images(count: number): Workload {
  return {
    name: `${count} images by regular expressions`,
    module: IMAGE_RULES,
    query: 'data.images',
    input: {
      images: Array.from(
        { length: count },
        (_, i) => `registry${i % 3}.example.com/team-${i % 7}/app-${i}:1.${i}`,
      ),
      patterns: ['^registry[0-1]\\.example\\.com/team-[0-9]+/.*$', '^ghcr\\.io/.*$', '@sha256:[0-9a-f]{64}$'],
    },
    target: 1,
  };
}

const IMAGE_RULES = `package images

allowed contains image if {
	some image in input.images
	some pattern in input.patterns
	regex.match(pattern, image)
}

deny contains image if {
	some image in input.images
	not image in allowed
}
`;
