// The configuration after parsing: every default filled in, durations in ms, sizes in bytes, paths absolute, secrets
// still as references until an adapter resolves them. The YAML surface is in schema.ts.

import type { DetectorRule, JsonPaths, Operator, PhiClass } from '../core/phi.ts';
import type { PolicyConfig } from '../core/policy-text.ts';

/** A string that may hold `${env:…}`, `${file:…}`, `${vault:…}`, `${gcp:…}`, `${aws:…}` or `${dsn:…}` parts, resolved at start. */
export interface SecretString {
  readonly raw: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Config {
  /** Absolute path of the file, and the directory relative paths start from. */
  readonly file: string;
  readonly directory: string;
  readonly listen: { readonly http: Address; readonly postgres: Address | null };
  readonly publicUrl: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Absolute directory. */
  readonly state: string;
  readonly keys: { readonly kek: SecretString | null };
  readonly identity: {
    readonly trust: readonly TrustConfig[];
    readonly idleMs: number;
    readonly absoluteMs: number;
  };
  readonly connections: Readonly<Record<string, ConnectionConfig>>;
  readonly classification: Readonly<Record<string, ClassificationConfig>>;
  readonly masks: MaskConfig;
  readonly detectors: { readonly rules: readonly DetectorRule[]; readonly presidio: PresidioConfig | null };
  readonly policy: PolicyConfig;
  readonly audit: {
    readonly retainMs: number;
    /** Groups that may read everybody's sessions; aliases resolved. */
    readonly readers: readonly string[];
  };
}

export interface TrustConfig {
  readonly issuer: string;
  readonly audience: string;
  /** An absolute file path, or an http(s) URL. */
  readonly jwks: { readonly file: string } | { readonly url: string };
  readonly groupsClaim: string;
  readonly kind: 'person' | 'workload';
}

export type ConnectionConfig = PostgresConnection | McpStdioConnection | McpHttpConnection | HttpConnection;

export interface PostgresConnection {
  readonly type: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: SecretString | null;
  readonly tls: 'disable' | 'require' | 'verify-full';
  /** PEM file with the upstream's CA; null = the system's. */
  readonly caFile: string | null;
  /** Named override of the refusal of superuser, owner, replication and server-file logins. */
  readonly acceptPrivilegedLogin: boolean;
}

export interface McpStdioConnection {
  readonly type: 'mcp';
  readonly transport: 'stdio';
  /** Program and arguments; may hold `${dsn:<connection>}`. */
  readonly command: readonly SecretString[];
  readonly env: Readonly<Record<string, SecretString>>;
  readonly cwd: string;
}

export interface McpHttpConnection {
  readonly type: 'mcp';
  readonly transport: 'http';
  readonly url: string;
  readonly credential: CredentialConfig | null;
}

/** What the gate shows an upstream over HTTP. */
export type CredentialConfig =
  | { readonly type: 'bearer'; readonly token: SecretString }
  | { readonly type: 'header'; readonly name: string; readonly value: SecretString }
  | OAuthCredential
  | {
      readonly type: 'google-service-account';
      /** The text of a JSON key file. */
      readonly key: SecretString;
      readonly want: { readonly audience: string } | { readonly scopes: readonly string[] };
    };

export interface OAuthCredential {
  /** The gate's own token (RFC 6749 §4.4), or one for the caller by exchange of the caller's (RFC 8693). */
  readonly type: 'oauth-client-credentials' | 'token-exchange';
  readonly at: { readonly tokenUrl: string } | { readonly issuer: string };
  readonly clientId: string;
  readonly clientSecret: SecretString;
  readonly authentication: 'basic' | 'post';
  readonly scopes: readonly string[];
  /** RFC 8707; null = the URL of the connection. */
  readonly resource: string | null;
  readonly audience: string | null;
}

export interface HttpConnection {
  readonly type: 'http';
  readonly url: string;
  readonly credential: McpHttpConnection['credential'];
}

export interface ClassificationConfig {
  readonly posture: 'inline' | 'enforced';
  readonly pack: string | null;
  /** `schema.table.column` → class, `clear`, or for JSON what lies where. */
  readonly columns: Readonly<Record<string, PhiClass | 'clear' | JsonPaths>>;
  /** What becomes of text nobody has classified. */
  readonly unknownText: 'mask' | 'scan' | 'clear';
}

export interface PresidioConfig {
  readonly url: string;
  readonly timeoutMs: number;
  /** As the analyzer names languages: `en`. */
  readonly language: string;
  /** Findings below it are not told; 0 … 1. */
  readonly score: number;
  /** Entity type → class, or `clear`; any other is `other_id`. */
  readonly classes: Readonly<Record<string, PhiClass | 'clear'>>;
}

export interface MaskConfig {
  readonly byClass: Readonly<Partial<Record<PhiClass, Operator>>>;
  readonly default: Operator;
}
