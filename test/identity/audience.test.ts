// The names of the gate's doors, by address and by scope: what names one, and what names none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Door, doorOf, resourceOf, resourceOfScope, scopeOf } from '../../src/identity/audience.ts';

const gate = 'https://gate.example';
const doors: readonly (readonly [string, Door])[] = [
  [`${gate}/api/v1`, { kind: 'api' }],
  [`${gate}/mcp/notes`, { kind: 'mcp', connection: 'notes' }],
  [`${gate}/postgres/ehr-2_x`, { kind: 'postgres', connection: 'ehr-2_x' }],
];

test('a door has one address', () => {
  for (const [resource, door] of doors) {
    assert.equal(resourceOf(gate, door), resource);
    assert.deepEqual(doorOf(gate, resource), door);
  }
});

test('nothing else is a door of this gate', () => {
  for (const resource of [
    gate,
    `${gate}/`,
    `${gate}/api`,
    `${gate}/api/v1/`,
    `${gate}/api/v1/x`,
    `${gate}/mcp`,
    `${gate}/mcp/`,
    `${gate}/mcp/notes/`,
    `${gate}/mcp/notes/x`,
    `${gate}/mcp/notes?x`,
    `${gate}/mcp/Notes`,
    `${gate}/mcp/-notes`,
    `${gate}/mcp/${'x'.repeat(64)}`,
    `${gate}/http/fhir`,
    `${gate}.evil/mcp/notes`,
    `${gate}:443/mcp/notes`,
    'https://other.example/mcp/notes',
    `x${gate}/mcp/notes`,
    '',
  ])
    assert.equal(doorOf(gate, resource), undefined, resource);
});

test('a scope names one database, or none', () => {
  assert.equal(scopeOf('ehr'), 'postgres:ehr');
  assert.equal(resourceOfScope(gate, scopeOf('ehr')), `${gate}/postgres/ehr`);
  assert.equal(resourceOfScope(gate, 'openid postgres:ehr profile'), `${gate}/postgres/ehr`);
  for (const scope of [
    '',
    'openid',
    'postgres:',
    'postgres',
    'mcp:notes',
    'xpostgres:ehr',
    'postgres:ehr postgres:lab',
  ])
    assert.equal(resourceOfScope(gate, scope), undefined, scope);
});
