// The recipes of the guide for workloads, as they stand there, against tokens shaped like those of each platform, signed by an
// issuer of ours: the right one comes in, and the same from somebody else's repository, account or namespace does not.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLocalJWKSet, type JWTPayload } from 'jose';
import type { Config } from '../../src/config/config.ts';
import { verifyToken } from '../../src/identity/token.ts';
import { parse } from '../config/parts.ts';
import { root } from '../parts/clinic.ts';
import { createIssuer } from '../parts/issuer.ts';

const guide = await readFile(join(root, 'docs/guide/workloads-and-agents.md'), 'utf8');

/** The configuration of the guide in which `marker` stands, in a file that is otherwise whole. */
function recipe(marker: string): Config {
  const yaml = [...guide.matchAll(/```yaml\n(identity:\n.*?)```/gs)].map(([, text = '']) => text);
  const found = yaml.find((text) => text.includes(marker));
  assert.ok(found !== undefined, `the guide has a recipe with ${marker}`);
  const parsed = parse(`${found}
listen: { http: 127.0.0.1:7070, postgres: 127.0.0.1:7432 }
public_url: https://gate.hospital.example
state: ./state
connections:
  ehr: { type: postgres, url: "postgres://gate@127.0.0.1/ehr" }
  ehr-tools: { type: mcp, url: https://tools.internal/mcp }
policy: { rules: [] }
`);
  assert.ok(parsed.ok, JSON.stringify(!parsed.ok && parsed.error));
  return parsed.value.config;
}

interface Platform {
  readonly claims: JWTPayload & { readonly sub: string };
  readonly groups: readonly string[];
  /** What a stranger's token of the same issuer says instead. */
  readonly stranger: JWTPayload;
}

const platforms: Readonly<Record<string, Platform>> = {
  'token.actions.githubusercontent.com': {
    claims: {
      sub: 'repo:hospital/etl:ref:refs/heads/main',
      jti: 'e6a2c6b1-0000-4000-8000-6d2b1b4f0f2a',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      repository: 'hospital/etl',
      repository_owner: 'hospital',
      repository_visibility: 'private',
      repository_id: '74',
      run_id: '1',
      actor: 'ana',
      workflow: 'nightly',
      event_name: 'schedule',
      job_workflow_ref: 'hospital/etl/.github/workflows/nightly.yaml@refs/heads/main',
      runner_environment: 'github-hosted',
    },
    groups: ['hospital/etl'],
    stranger: { sub: 'repo:else/etl:ref:refs/heads/main', repository: 'else/etl', repository_owner: 'else' },
  },
  'accounts.google.com': {
    claims: {
      sub: '112010400000000710080',
      azp: '112010400000000710080',
      email: 'etl@hospital-prod.iam.gserviceaccount.com',
      email_verified: true,
      google: { compute_engine: { project_id: 'hospital-prod', zone: 'europe-west3-a', instance_name: 'etl-1' } },
    },
    groups: ['etl@hospital-prod.iam.gserviceaccount.com'],
    stranger: { sub: '1', azp: '1', email: 'etl@else.iam.gserviceaccount.com' },
  },
  'kubernetes.default.svc': {
    claims: {
      sub: 'system:serviceaccount:etl:nightly',
      jti: '1e7b4e3a-0000-4000-8000-0b8a2f6f9d10',
      'kubernetes.io': {
        namespace: 'etl',
        node: { name: 'n1', uid: 'u1' },
        pod: { name: 'nightly-1', uid: 'u2' },
        serviceaccount: { name: 'nightly', uid: 'u3' },
      },
    },
    groups: ['system:serviceaccount:etl:nightly'],
    stranger: { sub: 'system:serviceaccount:default:nightly' },
  },
};

for (const [marker, { claims, groups, stranger }] of Object.entries(platforms)) {
  test(`the recipe for ${marker} lets this workload in, and nobody else of the issuer`, async () => {
    const [trust] = recipe(marker).identity.trust;
    assert.ok(trust);
    const issuer = await createIssuer(trust);
    const trusted = [{ ...trust, resolve: createLocalJWKSet(JSON.parse(issuer.jwks)) as never }];
    const come = async (more: JWTPayload, options = {}): Promise<string> => {
      const who = await verifyToken(await issuer.sign({ ...claims, ...more }, options), trusted, Date.now());
      return who.ok ? JSON.stringify([who.value.id, who.value.kind, who.value.groups]) : who.error.code;
    };
    assert.equal(await come({}), JSON.stringify([claims.sub, 'workload', groups]));
    assert.equal(await come(stranger), 'token_invalid');
    assert.equal(await come({}, { audience: 'https://else.example' }), 'token_audience');
    assert.equal(await come({}, { wrongKey: true }), 'token_invalid');
  });
}

test('the other recipes of the guide are configurations', () => {
  assert.equal(recipe('nightly-report').identity.clients.known['nightly-report']?.workload?.groups[0], 'reports');
  assert.equal(recipe('rounds-agent:').identity.trust[0]?.atDoors, false);
  assert.deepEqual(recipe('ward-assistant').identity.clients.known['ward-assistant']?.assertions, [
    'https://hospital.okta.com',
  ]);
});
