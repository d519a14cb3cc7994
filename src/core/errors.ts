// The closed table of everything that can go wrong, and what each door says about it. docs/reference/errors.md is
// generated from here. INVARIANT: a text names what was refused and what to do next, and carries no value from a request.
// Longer than 400 lines: one table, one row for each thing that can go wrong.

/** `sqlstate` PostgreSQL appendix A; `jsonrpc` JSON-RPC 2.0 §5.1; `http` RFC 9110; `exit` sysexits.h where one fits. */
export interface ErrorRow {
  readonly sqlstate: string;
  readonly jsonrpc: number;
  readonly http: number;
  readonly exit: number;
  readonly text: string;
  readonly next: string;
}

function row(sqlstate: string, jsonrpc: number, http: number, exit: number, text: string, next: string): ErrorRow {
  return { sqlstate, jsonrpc, http, exit, text, next };
}

/** Every code there is. */
export type ErrorCode =
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'token_audience'
  | 'token_issuer'
  | 'user_mismatch'
  | 'tls_required'
  | 'session_expired'
  | 'signed_out'
  | 'sign_in_refused'
  | 'grant_refused'
  | 'insufficient_scope'
  | 'no_matching_rule'
  | 'denied'
  | 'policy_error'
  | 'filter_not_granted'
  | 'not_provable'
  | 'unsafe_setting'
  | 'unsupported'
  | 'approval_required'
  | 'approval_denied'
  | 'approval_expired'
  | 'approval_not_found'
  | 'approval_settled'
  | 'own_request'
  | 'not_a_reviewer'
  | 'not_an_auditor'
  | 'reason_required'
  | 'account_required'
  | 'unknown_connection'
  | 'wrong_door'
  | 'unknown_relation'
  | 'duplicate_name'
  | 'unknown_statement'
  | 'unknown_portal'
  | 'syntax'
  | 'malformed'
  | 'invalid_request'
  | 'invalid_params'
  | 'header_mismatch'
  | 'unsupported_version'
  | 'unknown_method'
  | 'unknown_tool'
  | 'too_large'
  | 'too_many'
  | 'canceled'
  | 'not_found'
  | 'upstream_unavailable'
  | 'upstream_refused'
  | 'upstream_closed'
  | 'upstream_protocol'
  | 'upstream_privileged'
  | 'upstream_error'
  | 'log_unavailable'
  | 'disk_full'
  | 'log_corrupt'
  | 'shutting_down'
  | 'gate_unreachable'
  | 'usage'
  | 'config_invalid'
  | 'secret_unresolved'
  | 'state_locked'
  | 'state_unwritable'
  | 'port_unavailable'
  | 'check_failed'
  | 'internal';

export const errors: Readonly<Record<ErrorCode, ErrorRow>> = {
  // the caller's identity
  token_missing: row(
    '28000',
    -32001,
    401,
    77,
    'No credential was presented.',
    'Sign in, or send a bearer token from a trusted issuer.',
  ),
  token_invalid: row(
    '28P01',
    -32001,
    401,
    77,
    'The credential was not accepted.',
    'Get a new token from a trusted issuer.',
  ),
  token_expired: row(
    '28P01',
    -32001,
    401,
    77,
    'The credential has expired.',
    'Get a new one: sign in again, or run chartgate connect.',
  ),
  token_audience: row(
    '28P01',
    -32001,
    401,
    77,
    'The token was issued for another audience.',
    'Ask the issuer for a token whose audience is this gate.',
  ),
  token_issuer: row(
    '28P01',
    -32001,
    401,
    77,
    'The token comes from an issuer this gate does not trust.',
    'Ask the operator to add the issuer under identity.trust.',
  ),
  user_mismatch: row(
    '28000',
    -32001,
    401,
    77,
    'The user name is not the subject of the token.',
    "Use the token's subject as the user name.",
  ),
  tls_required: row(
    '28000',
    -32001,
    403,
    77,
    'A password may only be sent over TLS or loopback.',
    'Connect with TLS (sslmode=require or stricter).',
  ),
  session_expired: row('57P05', -32001, 401, 77, 'The session has reached its time limit.', 'Connect again.'),
  signed_out: row('57P05', -32001, 401, 77, 'This sign-in has been ended.', 'Sign in again.'),
  sign_in_refused: row(
    '28000',
    -32001,
    403,
    77,
    'The sign-in was not accepted.',
    "Begin again; if it is refused again, the operator finds the reason in the gate's own log.",
  ),
  grant_refused: row(
    '28000',
    -32001,
    400,
    77,
    'This client may not have such a token.',
    'Ask the operator what identity.clients.known allows it.',
  ),
  insufficient_scope: row(
    '28000',
    -32001,
    403,
    77,
    'This asks for a stronger or newer sign-in.',
    'Sign in again with the scope the answer names; most clients do so by themselves, the command line by chartgate login --scope.',
  ),

  // policy
  no_matching_rule: row(
    '42501',
    -32003,
    403,
    77,
    'No rule of the policy allows this.',
    "Ask the policy's owner for a rule that covers it.",
  ),
  denied: row(
    '42501',
    -32003,
    403,
    77,
    'A rule of the policy forbids this.',
    "The rule named here says why; ask the policy's owner.",
  ),
  policy_error: row(
    '42501',
    -32003,
    403,
    77,
    'A rule could not be evaluated, so the request is refused.',
    "The policy's owner should correct the rule named here.",
  ),
  filter_not_granted: row(
    '42501',
    -32003,
    403,
    77,
    'Filtering, joining, grouping or sorting by a protected column is access to it.',
    'Leave that column out of conditions and of functions that fail on some values, or ask for a rule that grants the filter.',
  ),
  not_provable: row(
    '42501',
    -32003,
    403,
    77,
    'It cannot be proven that this statement returns no protected value.',
    'Rewrite it as a plain SELECT, or ask for a rule that unmasks.',
  ),
  unsafe_setting: row(
    '42501',
    -32003,
    403,
    77,
    'This setting would change how results are read, so it is pinned.',
    'Leave the setting as it is.',
  ),
  unsupported: row(
    '0A000',
    -32601,
    501,
    69,
    'The gate does not carry this feature.',
    'See the reference for what each door supports.',
  ),

  // a human decides
  approval_required: row(
    '42501',
    -32004,
    403,
    75,
    'A reviewer has to approve this first.',
    'Ask a reviewer, then send exactly the same request again.',
  ),
  approval_denied: row(
    '42501',
    -32004,
    403,
    77,
    'A reviewer refused this.',
    "The reviewer's reason is shown with the approval.",
  ),
  approval_expired: row(
    '42501',
    -32004,
    403,
    77,
    'The approval has expired.',
    'Send the request again to ask for a new one.',
  ),
  approval_not_found: row(
    '02000',
    -32004,
    404,
    66,
    'There is no such approval.',
    'List the open ones: chartgate approvals ls.',
  ),
  approval_settled: row(
    '42501',
    -32004,
    409,
    65,
    'This approval has already been decided.',
    'Look at it: chartgate approvals show.',
  ),
  own_request: row('42501', -32003, 403, 77, 'Nobody approves their own request.', 'Ask another reviewer.'),
  not_a_reviewer: row(
    '42501',
    -32003,
    403,
    77,
    'You are not a reviewer of this request.',
    'Ask someone in the groups named by the rule.',
  ),
  not_an_auditor: row(
    '42501',
    -32003,
    403,
    77,
    "Reading other people's sessions needs an auditor.",
    'Ask someone in a group listed under audit.readers.',
  ),
  reason_required: row('22023', -32602, 400, 64, 'A reason is required.', 'Add --reason "…".'),
  account_required: row(
    '28000',
    -32004,
    403,
    77,
    'The server behind this connection wants an authorization of your own.',
    'Open /connect at the gate in a browser, and allow the gate to use your account there.',
  ),

  // what was asked for
  unknown_connection: row(
    '3D000',
    -32602,
    404,
    68,
    'There is no such connection.',
    'Name one that you may use (chartgate whoami lists them), as chartgate.yaml has it.',
  ),
  wrong_door: row(
    '3D000',
    -32602,
    404,
    68,
    'That connection is not served by this door.',
    'PostgreSQL connections are reached with a driver, MCP connections under /mcp/.',
  ),
  unknown_relation: row(
    '42P01',
    -32602,
    404,
    65,
    'The statement names a relation the gate does not know.',
    'Check the name; a temporary or new table is visible once the catalog is read again.',
  ),
  duplicate_name: row(
    '42P05',
    -32602,
    400,
    65,
    'A prepared statement of this name exists already.',
    'Close it first, or use another name.',
  ),
  unknown_statement: row(
    '26000',
    -32602,
    404,
    65,
    'There is no prepared statement of this name.',
    'Prepare it with Parse first.',
  ),
  unknown_portal: row(
    '34000',
    -32602,
    404,
    65,
    'There is no portal of this name.',
    'Bind it first; portals end with their transaction.',
  ),
  syntax: row('42601', -32602, 400, 65, 'The statement could not be parsed.', 'Correct the statement.'),
  malformed: row('08P01', -32700, 400, 76, 'The message does not follow the protocol.', 'Check the client or driver.'),
  invalid_request: row(
    '08P01',
    -32600,
    400,
    65,
    'The request is not valid here.',
    'Check the request against the reference.',
  ),
  invalid_params: row(
    '22023',
    -32602,
    400,
    65,
    'The params of the request are not those of the protocol.',
    'Check the request against the reference.',
  ),
  header_mismatch: row(
    '08P01',
    -32020,
    400,
    76,
    'An MCP header is missing, or says something else than the body.',
    'Update the client; a proxy between it and the gate may have changed the headers.',
  ),
  unsupported_version: row(
    '0A000',
    -32022,
    400,
    76,
    'The gate does not speak this version of MCP.',
    'Use one of the versions in `supported`.',
  ),
  unknown_method: row('0A000', -32601, 404, 65, 'There is no such method.', "Check the method's name."),
  unknown_tool: row(
    '42883',
    -32602,
    404,
    65,
    'There is no such tool for you on this connection.',
    'List the tools you may use: tools/list.',
  ),
  too_large: row('54000', -32600, 413, 65, 'The message is larger than the gate accepts.', 'Send less at a time.'),
  too_many: row('53300', -32005, 429, 75, 'Too many requests or sessions at once.', 'Try again in a moment.'),
  canceled: row('57014', -32800, 499, 75, 'The request was canceled.', 'Send it again if it is still wanted.'),
  not_found: row('02000', -32002, 404, 66, 'There is no such thing here.', 'Check the address or id.'),

  // the world
  upstream_unavailable: row(
    '08001',
    -32006,
    502,
    69,
    'The upstream cannot be reached.',
    "Try again; the operator finds the cause in the gate's log.",
  ),
  upstream_refused: row(
    '08004',
    -32006,
    502,
    69,
    "The upstream did not accept the gate's credential or settings.",
    'The operator should check the connection with chartgate check.',
  ),
  upstream_closed: row('08006', -32006, 502, 69, 'The upstream closed the connection.', 'Connect again.'),
  upstream_protocol: row(
    '08P01',
    -32006,
    502,
    76,
    'The upstream said something the gate cannot accept.',
    "The operator finds the cause in the gate's log.",
  ),
  upstream_privileged: row(
    '42501',
    -32006,
    403,
    78,
    "The gate's upstream login can do too much to be masked safely.",
    'Give the gate a role that is no superuser and owns nothing.',
  ),
  upstream_error: row(
    'XX000',
    -32006,
    502,
    69,
    'The statement failed upstream.',
    'The SQLSTATE tells the kind of failure; values were withheld.',
  ),
  log_unavailable: row(
    '58030',
    -32007,
    503,
    74,
    'The audit log cannot be written, so the gate is closed.',
    'The operator should look at the disk, then restart the gate.',
  ),
  disk_full: row(
    '53100',
    -32007,
    507,
    74,
    'The disk of the audit log is nearly full, so nothing is let through that breaking the glass does not cover.',
    'The operator should make room on it. In an emergency, break the glass: chartgate break-glass <connection> --reason "…".',
  ),
  log_corrupt: row(
    '58030',
    -32007,
    503,
    65,
    'The audit log does not verify.',
    'Keep the directory as it is and call whoever is responsible for evidence.',
  ),
  shutting_down: row('57P01', -32005, 503, 75, 'The gate is shutting down.', 'Connect again in a moment.'),
  gate_unreachable: row('08001', -32006, 502, 69, 'The gate does not answer.', 'Start it, or set CHARTGATE_URL.'),

  // this machine and its operator
  usage: row('22023', -32602, 400, 64, 'The command line is not valid.', 'See --help.'),
  config_invalid: row(
    'F0000',
    -32603,
    500,
    78,
    'The configuration is not valid.',
    'Correct the lines named here; chartgate check tells whether all is well.',
  ),
  secret_unresolved: row(
    'F0000',
    -32603,
    500,
    78,
    'A secret the configuration refers to could not be resolved.',
    'Set the variable or create the file it names.',
  ),
  state_locked: row(
    '55006',
    -32603,
    500,
    75,
    'Another process is using this state directory.',
    'Stop the other gate, or give this one its own directory.',
  ),
  state_unwritable: row(
    '58030',
    -32603,
    500,
    73,
    'The state directory cannot be written.',
    'Check that it exists, its owner and its free space.',
  ),
  port_unavailable: row(
    '58000',
    -32603,
    500,
    69,
    'The address to listen on is taken or not allowed.',
    'Stop what is listening there, or change listen in the configuration.',
  ),
  check_failed: row('F0000', -32603, 500, 1, 'Something that was checked does not hold.', 'See the lines above.'),
  internal: row(
    'XX000',
    -32603,
    500,
    70,
    'The gate met an error of its own and closed the session.',
    'Try again; if it happens again, report it with the time.',
  ),
};

export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(errors, word);
}
