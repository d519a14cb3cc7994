// Presets, detectors of the operator's own and a Presidio analyzer in a running gate: in both postures, changed while it runs,
// and at both doors.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const before = 'masks: { ssn: last4, name: pseudonym, date: year, default: redact }';
const question = `SELECT p.first, p.ssn, p.birthdate::text AS day, p.birthdate, p.city, n.body
  FROM patients p JOIN notes n ON n.id = p.id ORDER BY p.id`;

async function seen(clinic: Clinic): Promise<Record<string, unknown>> {
  const client = await clinic.connect('ana');
  try {
    const { rows } = await client.query(question);
    return rows[0];
  } finally {
    await client.end();
  }
}

for (const posture of ['inline', 'enforced'] as const) {
  test(`limited-data-set, then safe-harbor, posture ${posture}`, async () => {
    const clinic = await startClinic({ posture });
    try {
      await clinic.postgres.query(
        'ehr',
        "UPDATE notes SET body = 'Seen 1961-07-25 in bay C bed 12, called from 555-867-5309.'",
      );
      const masks = (preset: string): Promise<void> =>
        clinic.writeConfig((config) =>
          config.replace(
            before,
            `masks: { preset: ${preset}, address: redact }\ndetectors: { rules: [ { name: bed, pattern: 'bay [A-F] bed [0-9]+', class: other_id } ] }`,
          ),
        );
      await masks('limited-data-set');
      await clinic.startGate();
      const limited = await seen(clinic);
      assert.equal(limited['first'], '[NAME]');
      assert.equal(limited['ssn'], '[SSN]');
      assert.equal(limited['day'], '1961-07-23', 'dates stay, also in an expression');
      assert.equal(limited['city'], '[ADDRESS]');
      if (posture === 'inline')
        assert.match(String(limited['body']), /^Seen 1961-07-25 in Other_id-[0-9a-f]{8}, called from \[PHONE\]\.$/);
      else assert.equal(limited['body'], '[NOTE]', 'the database has no detectors');
      if (posture === 'enforced') return;
      await masks('safe-harbor');
      let safe = limited;
      await eventually(async () => {
        safe = await seen(clinic);
        return safe['body'] === '[NOTE]';
      }, 'the other preset is in force');
      assert.deepEqual(
        { ...safe, birthdate: null },
        {
          first: '[NAME]',
          ssn: '[SSN]',
          day: '[MASKED]',
          birthdate: null,
          city: '[ADDRESS]',
          body: '[NOTE]',
        },
      );
    } finally {
      await clinic.stop();
    }
  });
}

const fixture = fileURLToPath(new URL('../mcp/fixture-server.ts', import.meta.url));

test('a Presidio analyzer is asked about what a tool answers; without it, sentences stay here', async () => {
  const analyzer = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { text } = JSON.parse(body) as { text: string };
      const start = text.indexOf('copper kettle');
      response.end(JSON.stringify(start < 0 ? [] : [{ entity_type: 'PERSON', start, end: start + 13, score: 0.9 }]));
    });
  }).listen(0, '127.0.0.1');
  await once(analyzer, 'listening');
  const { port } = analyzer.address() as AddressInfo;
  const clinic = await startClinic();
  try {
    await clinic.writeConfig((config) =>
      config
        .replace(
          'classification:',
          `  charts: { type: mcp, command: ["${process.execPath}", "${fixture}"] }\nclassification:`,
        )
        .replace('policy:', `detectors: { presidio: { url: "http://127.0.0.1:${port}", timeout: 20s } }\npolicy:`)
        .concat(
          '    - { name: charts, subjects: { groups: [analysts] }, connections: [charts], when: mcp.tool.name == "echo", allow: true }\n',
        ),
    );
    await clinic.startGate();
    const agent = await clinic.agent('ana', 'charts');
    const said = async (): Promise<string> =>
      JSON.stringify(
        (await agent.callTool({ name: 'echo', arguments: { say: 'the copper kettle was seen today' } })).content,
      );
    assert.match(await said(), /the Person-[0-9a-f]{8} was seen today/);
    analyzer.close().closeAllConnections();
    assert.match(await said(), /"\[NOTE\]"/);
    await agent.close();
    assert.equal((await seen(clinic))['body'], '[NOTE]', 'rows are not asked about');
  } finally {
    await clinic.stop();
    analyzer.close();
  }
});
