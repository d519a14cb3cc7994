// chartgate logout: revokes the tokens of `login` and forgets them.

import { gateAddress } from './gate.ts';
import { signOut } from './gate-tokens.ts';
import { complain, type Io, print } from './io.ts';

export async function logout(io: Io, options: { readonly config: string }): Promise<number> {
  const address = gateAddress(io, options.config);
  if (!address.ok) return complain(io, address.error);
  const { origin } = address.value;
  print(io, (await signOut(io, origin)) ? `Signed out at ${origin}.` : `You were not signed in at ${origin}.`);
  return 0;
}
