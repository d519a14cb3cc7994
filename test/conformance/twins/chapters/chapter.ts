// What a chapter of attacks is: data, asked of two databases that differ in protected values alone.

export interface Chapter {
  readonly name: string;
  /** Statements of one transaction each; what is refused does not keep the next from being tried. */
  readonly attacks: readonly (readonly string[])[];
}
