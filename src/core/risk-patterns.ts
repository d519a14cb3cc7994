// What statements do that people regret, as ready-made conditions over facts: a rule names them under `risk`. The texts are
// CEL, compiled by policy/compile.ts like any other condition.

export const riskPatterns = {
  'unbounded-write': {
    when: 'sql.writes && !sql.bounded',
    text: 'DELETE or UPDATE without a WHERE or with one that is always true, TRUNCATE, DROP.',
  },
  truncate: { when: 'sql.command == "TRUNCATE TABLE"', text: 'TRUNCATE.' },
  drop: { when: 'sql.command.startsWith("DROP ")', text: 'DROP of anything.' },
  'structure-change': {
    when: 'sql.command.matches("^(CREATE|ALTER|DROP|COMMENT|SECURITY LABEL|REFRESH|REINDEX|CLUSTER|IMPORT)\\\\b")',
    text: 'CREATE, ALTER, DROP and whatever else changes what is in the database besides rows.',
  },
  grant: {
    when: 'sql.command.matches("^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|REASSIGN|ALTER .*OWNER)")',
    text: 'GRANT and REVOKE, of privileges and of roles; changes of ownership.',
  },
  'role-change': {
    when: 'sql.command.matches("^((CREATE|ALTER|DROP) (ROLE|USER)|GRANT ROLE|REVOKE ROLE|SET ROLE|SET SESSION AUTHORIZATION)")',
    text: 'Roles made, changed, dropped, granted or taken on.',
  },
  'bulk-export': {
    when: 'size(sql.phi) > 0 && (sql.command == "COPY TO" || sql.reads && (!has(sql.estimated_rows) || sql.estimated_rows > 10000))',
    text: 'COPY TO of PHI, and reads of PHI for which the planner expects more than 10,000 rows or cannot say.',
  },
  'all-columns': { when: 'sql.star && size(sql.phi) > 0', text: '`SELECT *`, `t.*` or a whole row, over PHI.' },
  'unseen-code': {
    when: 'sql.opaque',
    text: 'DO, CALL, functions of users: what it does cannot be seen.',
  },
} as const;

export type RiskPattern = keyof typeof riskPatterns;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table above, and nothing else
export const riskPatternNames: readonly RiskPattern[] = Object.keys(riskPatterns) as RiskPattern[];
