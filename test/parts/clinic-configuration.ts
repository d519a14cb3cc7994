// The configuration of the clinic's gate: who may do what there, and what is PHI.

import { fileURLToPath } from 'node:url';

const mcpServer = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-postgres/dist/index.js'));

/** `at`: where the gate listens; the database is on this machine. */
export function clinicConfiguration(
  at: { readonly httpPort: number; readonly postgresPort: number; readonly postgresHost: string },
  upstreamPort: number,
  tls: boolean,
): string {
  const upstream = tls ? `localhost:${upstreamPort}/ehr` : `127.0.0.1:${upstreamPort}/ehr`;
  return `listen: { http: "127.0.0.1:${at.httpPort}", postgres: "${at.postgresHost}:${at.postgresPort}" }
public_url: ${tls ? 'https' : 'http'}://127.0.0.1:${at.httpPort}
${tls ? 'tls: { cert: ./gate.cert.pem, key: ./gate.key.pem }\n' : ''}state: ./state
identity:
  trust:
    - { issuer: https://ci.example, audience: chartgate, jwks: ./jwks.json, groups_claim: groups, kind: person }
connections:
  ehr: { type: postgres, url: "postgres://gate@${upstream}", password: "\${env:EHR_PASSWORD}", tls: ${tls ? 'verify-full, ca: ./ca.pem' : 'disable'} }
  ehr-tools: { type: mcp, command: ["${process.execPath}", "${mcpServer}", "\${dsn:ehr}"] }
classification:
  ehr:
    posture: inline
    columns:
      public.patients.first: name
      public.patients.last: name
      public.patients.ssn: ssn
      public.patients.birthdate: date
      public.patients.city: address
      public.notes.body: note
      public.wards.label: clear
masks: { ssn: last4, name: pseudonym, date: year, default: redact }
policy:
  groups: { privacy: [privacy-officers] }
  rules:
    - name: analysts-read-masked
      subjects: { groups: [analysts] }
      connections: [ehr]
      when: sql.reads
      allow: { rows: 100, filter: [date] }
    - name: analysts-ask-through-agents
      subjects: { groups: [analysts] }
      connections: [ehr-tools]
      when: mcp.tool.name == "query"
      allow: true
    - name: care-team-sees-names
      subjects: { groups: [care-team] }
      connections: [ehr]
      when: sql.reads || (sql.writes && sql.bounded)
      allow: { unmask: [name, mrn, date], filter: [name, mrn, date] }
    - name: admins-see-all
      subjects: { groups: [admins] }
      connections: [ehr]
      allow: { unmask: all, filter: all }
    - name: unbounded-write
      connections: [ehr]
      when: sql.writes && !sql.bounded
      hold: { reviewers: [privacy], quorum: 1, wait: 1s, expires: 10m, grants: once }
    - name: no-drops
      connections: [ehr]
      when: sql.command.startsWith("DROP")
      deny: Nothing is dropped here.
`;
}
