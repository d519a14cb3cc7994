// What one part of the file says about another: names that must exist, addresses that need TLS, conditions that must
// compile. It works on the unchecked tree, so that these problems are told together with those of the shape.

import { isLoopback } from '../core/loopback.ts';
import type { Result } from '../core/result.ts';
import { type Finding, oneOf, type Path } from './problem.ts';
import { packName, parseAddress } from './scalars.ts';
import { partsOf } from './secret-text.ts';
import { dig, member, members } from './tree.ts';

/** What the configuration refers to but does not define itself. */
export interface Known {
  /** Names of the classification packs. */
  readonly packs: readonly string[];
  /** Compiles a pattern of a detector; fails with what it is instead. */
  readonly checkPattern: (pattern: string) => Result<unknown, string>;
  /** Compiles a CEL condition, to a boolean; the offset counts characters into its text. */
  readonly checkCondition: (text: string) => Result<unknown, { readonly text: string; readonly offset: number }>;
}

export function findBrokenReferences(raw: unknown, known: Known): Finding[] {
  const connections = members(member(raw, 'connections')).map(([name]) => String(name));
  return [
    ...doors(raw),
    ...classification(raw, connections, known),
    ...dsn(raw),
    ...accounts(raw),
    ...clients(raw, connections),
    ...stepUps(raw),
    ...patterns(raw, known),
    ...rules(raw, connections, known),
    ...breakGlass(raw, connections),
    ...tests(raw, connections),
    ...repeated(raw, 'rules'),
    ...repeated(raw, 'tests'),
  ];
}

/** Of a policy by itself; its connections where they are known. */
export function findBrokenRules(
  policy: unknown,
  connections: readonly string[] | null,
  known: Pick<Known, 'checkCondition'>,
): Finding[] {
  const raw = { policy };
  return [...rules(raw, connections, known), ...repeated(raw, 'rules')];
}

function doors(raw: unknown): Finding[] {
  const [http, postgres] = ['http', 'postgres'].map((door) => dig(raw, ['listen', door]));
  const port = typeof http === 'string' ? parseAddress(http)?.port : undefined;
  if (http === postgres && port !== undefined && port !== 0)
    return [
      { path: ['listen', 'postgres'], found: `"${String(http)}" again`, expected: 'another port than that of http' },
    ];
  if (member(raw, 'tls') !== undefined) return [];
  return members(member(raw, 'listen')).flatMap(([key, value]): Finding[] => {
    const address = typeof value === 'string' ? parseAddress(value) : null;
    if (!address || isLoopback(address.host)) return [];
    return [
      { path: ['listen', key], found: 'an address that is not loopback', expected: 'tls: { cert, key } with it' },
    ];
  });
}

function classification(raw: unknown, connections: readonly string[], known: Known): Finding[] {
  return members(member(raw, 'classification')).flatMap(([name, value]): Finding[] => {
    const path = ['classification', name];
    const found = connections.includes(String(name)) ? [] : [unknownName(path, String(name), connections, true)];
    const pack = member(value, 'pack');
    if (typeof pack === 'string' && !known.packs.includes(packName(pack)))
      found.push(unknownName([...path, 'pack'], pack, known.packs));
    return found;
  });
}

/** People allow the gate to use their accounts on a page they sign in for. */
function accounts(raw: unknown): Finding[] {
  if (members(member(member(raw, 'identity'), 'providers')).length > 0) return [];
  return members(member(raw, 'connections')).flatMap(([name, each]): Finding[] => {
    if (member(member(each, 'credential'), 'type') !== 'oauth-per-user') return [];
    const path = ['connections', name, 'credential', 'type'];
    return [
      {
        path,
        found: 'oauth-per-user',
        expected: 'identity.providers with it: people sign in to connect their accounts',
      },
    ];
  });
}

function stepUps(raw: unknown): Finding[] {
  const scopes = members(member(member(raw, 'identity'), 'step_up')).map(([name]) => String(name));
  const ofConnections = members(member(raw, 'connections')).flatMap(([name, each]): Finding[] => {
    const scope = member(member(each, 'step_up'), 'scope');
    if (typeof scope !== 'string' || scopes.includes(scope)) return [];
    return [unknownName(['connections', name, 'step_up', 'scope'], scope, scopes)];
  });
  const ofRules = members(member(member(raw, 'policy'), 'rules')).flatMap(([index, each]): Finding[] => {
    const scope = member(each, 'step_up');
    if (typeof scope !== 'string' || scopes.includes(scope)) return [];
    return [unknownName(['policy', 'rules', index, 'step_up'], scope, scopes)];
  });
  return [...ofConnections, ...ofRules];
}

/** What a client may bring, and for which doors. */
function clients(raw: unknown, connections: readonly string[]): Finding[] {
  const identity = member(raw, 'identity');
  const texts = (values: unknown[]): string[] => values.filter((each) => typeof each === 'string');
  const trusted = texts(members(member(identity, 'trust')).map(([, each]) => member(each, 'issuer')));
  const providers = texts(members(member(identity, 'providers')).map(([, each]) => member(each, 'issuer')));
  const own = texts([member(raw, 'public_url')]);
  return members(member(member(identity, 'clients'), 'known')).flatMap(([id, client]): Finding[] => {
    const path = ['identity', 'clients', 'known', id];
    const exchange = member(client, 'exchange');
    const check = (values: unknown, below: Path, known: readonly string[]): Finding[] =>
      members(values).flatMap(([index, value]): Finding[] => {
        const name = typeof value === 'string' ? value : member(value, 'issuer');
        if (typeof name !== 'string' || known.includes(name)) return [];
        return [unknownName([...path, ...below, index], name, known)];
      });
    const doors = connections.flatMap((name) => [`mcp/${name}`, `postgres/${name}`]);
    return [
      ...check(member(exchange, 'subjects'), ['exchange', 'subjects'], [...trusted, ...own]),
      ...check(member(exchange, 'actors'), ['exchange', 'actors'], trusted),
      ...check(member(client, 'assertions'), ['assertions'], [...providers, ...trusted]),
      ...check(member(client, 'doors'), ['doors'], [...doors, 'api']),
    ];
  });
}

function patterns(raw: unknown, known: Known): Finding[] {
  return members(member(member(raw, 'detectors'), 'rules')).flatMap(([index, rule]): Finding[] => {
    const pattern = member(rule, 'pattern');
    const outcome = typeof pattern === 'string' && pattern !== '' ? known.checkPattern(pattern) : null;
    if (!outcome || outcome.ok) return [];
    return [
      { path: ['detectors', 'rules', index, 'pattern'], found: outcome.error, expected: 'RE2 that matches some text' },
    ];
  });
}

function dsn(raw: unknown): Finding[] {
  const all = members(member(raw, 'connections'));
  const databases = all.flatMap(([name, each]) => (member(each, 'type') === 'postgres' ? [String(name)] : []));
  return strings(raw, []).flatMap(([path, value]) =>
    partsOf({ raw: value }).flatMap((part): Finding[] => {
      if (part.kind === 'text' || part.scheme !== 'dsn') return [];
      const [root, , place] = path;
      if (root !== 'connections' || !['env', 'command', 'identity'].includes(String(place))) {
        return [
          { path, found: 'a reference to dsn', expected: 'it only in command, env or identity of an MCP server' },
        ];
      }
      if (member(raw, 'listen') !== undefined && member(member(raw, 'listen'), 'postgres') === undefined) {
        return [
          { path, found: 'a reference to dsn', expected: 'listen.postgres: without that door a DSN leads nowhere' },
        ];
      }
      if (databases.includes(part.name)) return [];
      return [
        {
          path,
          found: `the name "${part.name}"`,
          expected:
            databases.length === 0
              ? 'a postgres connection, of which there is none'
              : `a postgres connection: ${oneOf(databases, part.name)}`,
        },
      ];
    }),
  );
}

function rules(raw: unknown, connections: readonly string[] | null, known: Pick<Known, 'checkCondition'>): Finding[] {
  return members(member(member(raw, 'policy'), 'rules')).flatMap(([index, rule]): Finding[] => {
    const path = ['policy', 'rules', index];
    const found = members(member(rule, 'connections')).flatMap(([position, name]): Finding[] =>
      typeof name !== 'string' || !connections || connections.includes(name)
        ? []
        : [unknownName([...path, 'connections', position], name, connections)],
    );
    const when = member(rule, 'when');
    const outcome = typeof when === 'string' && when !== '' ? known.checkCondition(when) : null;
    if (outcome && !outcome.ok) {
      const { text, offset } = outcome.error;
      found.push({
        path: [...path, 'when'],
        found: text,
        expected: 'a CEL condition that gives true or false',
        offset,
      });
    }
    return found;
  });
}

function breakGlass(raw: unknown, connections: readonly string[]): Finding[] {
  const path = ['policy', 'break_glass', 'connections'];
  return members(path.reduce<unknown>(member, raw)).flatMap(([position, name]): Finding[] =>
    typeof name !== 'string' || connections.includes(name) ? [] : [unknownName([...path, position], name, connections)],
  );
}

function tests(raw: unknown, connections: readonly string[]): Finding[] {
  const names = members(member(member(raw, 'policy'), 'rules')).map(([, rule]) => String(member(rule, 'name')));
  return members(member(member(raw, 'policy'), 'tests')).flatMap(([index, each]): Finding[] => {
    const found: Finding[] = [];
    const path = ['policy', 'tests', index];
    const connection = member(member(member(each, 'facts'), 'connection'), 'name');
    if (typeof connection === 'string' && !connections.includes(connection)) {
      found.push(unknownName([...path, 'facts', 'connection', 'name'], connection, connections));
    }
    const rule = member(member(each, 'expect'), 'rule');
    if (typeof rule === 'string' && !rule.startsWith('builtin:') && !names.includes(rule)) {
      found.push(unknownName([...path, 'expect', 'rule'], rule, names));
    }
    return found;
  });
}

/** Names by which a record or a report speaks of one thing. */
function repeated(raw: unknown, list: 'rules' | 'tests'): Finding[] {
  const seen = new Set<unknown>();
  return members(member(member(raw, 'policy'), list)).flatMap(([index, each]): Finding[] => {
    const name = member(each, 'name');
    if (typeof name !== 'string' || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: ['policy', list, index, 'name'], found: `"${name}" again`, expected: 'a name of its own' }];
  });
}

function unknownName(path: Path, name: string, known: readonly string[], key = false): Finding {
  return { path, found: `the unknown name "${name}"`, expected: oneOf(known, name), key };
}

function strings(value: unknown, path: Path): readonly (readonly [Path, string])[] {
  if (typeof value === 'string') return [[path, value]];
  return members(value).flatMap(([key, each]) => strings(each, [...path, key]));
}
