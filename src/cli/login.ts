// chartgate login: signs a person in at the gate, in any browser, by device code. The token is kept in a file of theirs.

import { gateAddress } from './gate.ts';
import { signInByDevice } from './gate-tokens.ts';
import { complain, type Io } from './io.ts';
import { whoami } from './whoami.ts';

export async function login(
  io: Io,
  options: { readonly config: string; readonly scope?: readonly string[] },
): Promise<number> {
  const address = gateAddress(io, options.config);
  if (!address.ok) return complain(io, address.error);
  const signedIn = await signInByDevice(io, address.value.origin, options.scope ?? []);
  if (!signedIn.ok) return complain(io, signedIn.error);
  // A token in the environment would stand for somebody else.
  return whoami({ ...io, env: { ...io.env, CHARTGATE_TOKEN: '' } }, options);
}
