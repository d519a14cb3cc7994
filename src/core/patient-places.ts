// Where a connection says which patient something is about. Kinds of identifiers (`mrn`, `id`) have the same meaning on every
// connection: one that numbers its patients for itself gives its numbers a kind of their own.

export interface PatientPlaces {
  /** `schema.table.column` → kind. */
  readonly columns: Readonly<Record<string, string>>;
  /** JSON pointers into what MCP tools and resources answer → kind. */
  readonly json: Readonly<Record<string, string>>;
  /** JSON pointers into the arguments of MCP tools → kind. */
  readonly arguments: Readonly<Record<string, string>>;
  /** FHIR resources and references name their patients themselves, by the kinds `fhir` and `mrn`. */
  readonly fhir: boolean;
}
