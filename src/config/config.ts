// The configuration after parsing: every default filled in, durations in ms, sizes in bytes, paths absolute, secrets
// still as references until an adapter resolves them. The YAML surface is in schema.ts.

import type { PatientPlaces } from '../core/patient-places.ts';
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
  readonly listen: {
    readonly http: Address;
    readonly postgres: Address | null;
    /** Of web applications whose scripts may use the MCP door, as browsers write them. */
    readonly origins: readonly string[];
  };
  readonly publicUrl: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Absolute directory. */
  readonly state: string;
  readonly keys: { readonly kek: SecretString | null };
  readonly identity: IdentityConfig;
  readonly connections: Readonly<Record<string, ConnectionConfig>>;
  readonly classification: Readonly<Record<string, ClassificationConfig>>;
  readonly masks: MaskConfig;
  readonly detectors: {
    readonly rules: readonly DetectorRule[];
    readonly presidio: PresidioConfig | null;
    readonly onnx: OnnxConfig | null;
  };
  readonly policy: PolicyConfig;
  readonly approvals: { readonly notify: readonly NotifyConfig[] };
  readonly audit: {
    readonly exports: readonly ExportConfig[];
    readonly retainMs: number;
    /** What signs the checkpoints: `ed25519` always, `ml-dsa-44` besides. */
    readonly signatures: readonly ('ed25519' | 'ml-dsa-44')[];
    readonly archive: ArchiveConfig | null;
    readonly witnesses: readonly WitnessConfig[];
    /** How many witnesses have to cosign a checkpoint. */
    readonly quorum: number;
    /** Groups that may read everybody's sessions; aliases resolved. */
    readonly readers: readonly string[];
  };
}

export interface WitnessConfig {
  /** Submission prefix. */
  readonly url: string;
  /** vkey. */
  readonly key: string;
}

export interface IdentityConfig {
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly trust: readonly TrustConfig[];
  /** By scope. */
  readonly stepUp: Readonly<Record<string, { readonly acr: readonly string[]; readonly withinMs: number }>>;
  readonly clients: {
    readonly registration: boolean;
    readonly metadataDocuments: boolean;
    readonly privateHosts: readonly string[];
    /** By client id. */
    readonly known: Readonly<Record<string, KnownClientConfig>>;
  };
  readonly idleMs: number;
  readonly absoluteMs: number;
}

interface AnyProvider {
  readonly label: string | null;
  readonly domains: readonly string[];
  readonly requireAcr: readonly string[];
}

export type ProviderConfig = OidcProviderConfig | SamlProviderConfig;

export interface OidcProviderConfig extends AnyProvider {
  readonly type: 'oidc';
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: SecretString | null;
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  readonly requireAmr: readonly string[];
}

export interface SamlProviderConfig extends AnyProvider {
  readonly type: 'saml';
  /** Absolute path. */
  readonly metadataFile: string;
  readonly groupsAttribute: string;
  readonly subjectAttribute: string | null;
  /** PEM. */
  readonly key: SecretString | null;
  readonly certFile: string | null;
}

export interface TrustConfig {
  readonly issuer: string;
  readonly audience: string;
  /** An absolute file path, or an http(s) URL. */
  readonly jwks: { readonly file: string } | { readonly url: string };
  readonly groupsClaim: string;
  readonly kind: 'person' | 'workload';
  /** Claims a token must have, each with one of these values. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** Its tokens are good at the doors as they are; else they are only to be exchanged. */
  readonly atDoors: boolean;
}

/** A program the operator knows; what it may not do is null or empty. */
export interface KnownClientConfig {
  readonly label: string | null;
  readonly proof: { readonly jwks: TrustConfig['jwks'] } | { readonly secret: SecretString };
  /** Null subject: its client id. */
  readonly workload: { readonly subject: string | null; readonly groups: readonly string[] } | null;
  /** `subjects`: issuers. */
  readonly exchange: { readonly subjects: readonly string[]; readonly actors: readonly ActorsConfig[] } | null;
  /** Issuers of ID-JAGs. */
  readonly assertions: readonly string[];
  /** Null: every connection's. */
  readonly doors: readonly string[] | null;
}

export interface ActorsConfig {
  readonly issuer: string;
  readonly subjects: readonly string[];
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
  /** What becomes of images, audio and blobs in results: they cannot be masked. */
  readonly binary: 'withhold' | 'pass';
  readonly stepUp?: StepUpConfig;
}

export interface McpHttpConnection {
  readonly type: 'mcp';
  readonly transport: 'http';
  readonly url: string;
  readonly credential: CredentialConfig | PersonalOAuth | null;
  /** `${dsn:<connection>}`: sent as `Chartgate-Identity`, one for each session. */
  readonly identity?: SecretString;
  readonly binary: 'withhold' | 'pass';
  readonly stepUp?: StepUpConfig;
}

/** A scope of `identity.step_up` that these tools ask for; without tools, the whole connection. */
export interface StepUpConfig {
  readonly scope: string;
  readonly tools: readonly string[] | null;
}

/** What the gate shows an upstream over HTTP, whoever calls or in the name of who does. */
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

/** Each person's own account: they allow the gate to use it, in a browser (OAuth 2.1, authorization code). */
export interface PersonalOAuth {
  readonly type: 'oauth-per-user';
  /** Null: the server names it (RFC 9728). */
  readonly issuer: string | null;
  /** Null: the gate registers itself (RFC 7591). */
  readonly clientId: string | null;
  readonly clientSecret: SecretString | null;
  readonly authentication: 'basic' | 'post';
  /** Empty: those the server names. */
  readonly scopes: readonly string[];
  /** RFC 8707; null = what the server says of itself, or the URL of the connection. */
  readonly resource: string | null;
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
  /** How to tell which patient something is about; null = nobody has said. */
  readonly patient: PatientPlaces | null;
  /** What becomes of text nobody has classified. */
  readonly unknownText: 'mask' | 'scan' | 'clear';
  /** Functions of users that are safe: `schema.name(type, type)` → `sha256:…` of the definition that was read, or `review`. */
  readonly functions: Readonly<Record<string, string>>;
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

export interface OnnxConfig {
  /** An absolute path: a directory in the layout of Transformers.js. */
  readonly model: string;
  readonly timeoutMs: number;
  /** Findings below it are not told; 0 … 1. */
  readonly score: number;
  /** Label without its B- or I- → class, or `clear`; any other is `other_id`. */
  readonly labels: Readonly<Record<string, PhiClass | 'clear'>>;
}

/** One way to tell people. `groups`: only what one of them is to review, aliases resolved; null = everything. */
export type NotifyConfig = { readonly groups: readonly string[] | null } & (
  | SlackConfig
  | { readonly type: 'teams'; readonly webhook: SecretString }
  /** `secrets`: each of them signs, in this order. */
  | { readonly type: 'webhook'; readonly url: string; readonly secrets: readonly SecretString[] }
  | {
      readonly type: 'email';
      readonly host: string;
      readonly port: number;
      /** From the first byte. */
      readonly tls: boolean;
      readonly loopback: boolean;
      readonly user: string | null;
      readonly password: SecretString | null;
      readonly from: string;
      readonly to: readonly string[];
    }
);

export interface SlackConfig {
  readonly type: 'slack';
  readonly webhook: SecretString | null;
  readonly bot: { readonly token: SecretString; readonly channel: string; readonly api: string } | null;
  readonly signingSecret: SecretString | null;
  /** By Slack's user id. */
  readonly users: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly issuer: string;
        readonly groups: readonly string[];
        readonly aliases: readonly string[];
      }
    >
  >;
}

export interface MaskConfig {
  readonly byClass: Readonly<Partial<Record<PhiClass, Operator>>>;
  readonly default: Operator;
}

/** How often a cut is made, from which lag on the operator is warned, and from which on nothing new begins (null = never). */
interface AnyArchive {
  readonly everyMs: number;
  readonly warnMs: number;
  readonly closeMs: number | null;
}

export type ArchiveConfig =
  | (AnyArchive & { readonly type: 'file'; readonly directory: string })
  | (AnyArchive & {
      readonly type: 's3';
      readonly bucket: string;
      readonly prefix: string;
      readonly lock: 'compliance' | 'governance' | 'none';
      /** Null = Amazon's. */
      readonly endpoint: string | null;
      readonly region: string | null;
    });

export interface ExportConfig {
  /** What its place in the log is kept under; unique. */
  readonly name: string;
  readonly format: 'ocsf' | 'fhir' | 'ndjson';
  readonly to:
    | { readonly type: 'syslog'; readonly host: string; readonly port: number; readonly caFile: string | null }
    | { readonly type: 'otlp'; readonly url: string; readonly token: SecretString | null }
    | { readonly type: 'splunk-hec'; readonly url: string; readonly token: SecretString }
    /** `secrets`: each of them signs, in this order. */
    | { readonly type: 'webhook'; readonly url: string; readonly secrets: readonly SecretString[] }
    | { readonly type: 'ndjson'; readonly path: string };
}
