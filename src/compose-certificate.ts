// The certificate the doors show, read again whenever the configuration is. Part of the composition root.

import type { Logger } from 'pino';
import { lookAtCertificate } from './adapters/config-file/certificate.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import type { Config } from './config/config.ts';
import type { Kernel } from './kernel.ts';

type Pem = NonNullable<Kernel['tls']>;

export interface ShownCertificate {
  /** What has each door show another one to who connects from then on. */
  readonly doors: ((pem: Pem) => void)[];
  /** False, and told: the doors cannot listen with what is in the files, and go on with what they have. */
  renew(files: Config['tls']): boolean;
}

export function showCertificate({ tls, loaded }: Pick<Kernel, 'tls' | 'loaded'>, logger: Logger): ShownCertificate {
  const doors: ShownCertificate['doors'] = [];
  let shown = tls;
  return {
    doors,
    renew(files) {
      // To begin or to end with TLS takes a restart.
      if (!shown || !files) return true;
      const looked = lookAtCertificate(files, new URL(loaded.config.publicUrl).hostname, clock.now());
      if (!looked.ok) {
        const { text, next } = looked.error;
        logger.error(
          { problems: [text], next },
          'the certificate cannot be used; the one in force stays, and so does the configuration',
        );
        return false;
      }
      const { pem, fingerprint, until, remarks } = looked.value;
      if (pem.cert === shown.cert && pem.key === shown.key) return true;
      shown = pem;
      for (const show of doors) show(pem);
      logger.info({ fingerprint, until }, 'the doors show another certificate');
      for (const text of remarks) logger.warn(text);
      return true;
    },
  };
}
