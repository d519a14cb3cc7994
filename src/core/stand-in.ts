// What a value that is too long to be held is cut down to while it comes in. Masking says how, the wire does it.

export interface StandIn {
  /** The next bytes of the value: not to be kept or changed. */
  push(piece: Uint8Array): void;
  /** A value of which the mask makes the same as of the whole; null = too much of it is shown to do without the rest. */
  end(): Uint8Array | null;
}
