// What a start would stumble over although the file is sound, and what it would go on with although somebody should look: what
// stands in the secrets and files the configuration names, and who can read them. Part of the composition root.

import { join } from 'node:path';
import { lookAtCertificate } from './adapters/config-file/certificate.ts';
import { isOpenToAll, placeOf } from './adapters/config-file/files.ts';
import { keyFromText } from './adapters/key-file/kek.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { openNotifiers } from './compose-notices.ts';
import { witnessesOf } from './compose-witness.ts';
import { type LoadedConfig, referencesIn } from './config/resolve.ts';
import { ok, type Refusal } from './core/result.ts';

export interface BeforeStart {
  readonly problems: readonly Refusal[];
  readonly warnings: readonly { readonly text: string; readonly next: string }[];
}

export function lookBeforeStart(loaded: LoadedConfig): BeforeStart {
  const { keys, tls, publicUrl } = loaded.config;
  const notifiers = openNotifiers(loaded);
  const kek = keys.kek ? keyFromText(loaded.secret(keys.kek)) : ok(null);
  const certificate = tls ? lookAtCertificate(tls, new URL(publicUrl).hostname, clock.now()) : ok({ remarks: [] });
  const next = 'Have a certificate made for that host and time; openssl x509 -noout -text shows what one says.';
  return {
    problems: [kek, certificate, notifiers, witnessesOf(loaded.config)].flatMap((each) =>
      each.ok ? [] : [each.error],
    ),
    warnings: [
      ...(certificate.ok ? certificate.value.remarks.map((text) => ({ text, next })) : []),
      ...[...new Set(secretFiles(loaded))].filter(isOpenToAll).map((file) => ({
        text: `${file} holds a secret, and everybody on this machine can read it.`,
        next: `chmod 600 ${file}, and give it to the user the gate runs as; who has read it by now still knows it.`,
      })),
    ],
  };
}

function secretFiles({ raw, config: { file, keys, state, tls } }: LoadedConfig): string[] {
  const { resolvePath } = placeOf(file);
  const named = referencesIn(raw).filter(({ scheme }) => scheme === 'file');
  return [
    ...named.map(({ name }) => resolvePath(name)),
    ...(tls ? [tls.keyFile] : []),
    ...(keys.kek ? [] : [join(state, 'kek')]),
  ];
}
