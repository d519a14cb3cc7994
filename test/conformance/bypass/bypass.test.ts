// The bypass corpus, inline, against the newest PostgreSQL, and a part of it enforced and with every filter granted. The
// other combinations: matrix.e2e.ts.

import { runCorpus } from './battle.ts';

runCorpus({
  posture: 'inline',
  version: '18',
  unknownQuestionsMax: 16,
  // These ask for much of the catalog, or for the same in many formats: matrix.e2e.ts has the time.
  only: /^(?!probes of the catalog|formats, styles|words of the server|features|held out)/,
  granted: /^(?:renamed|objects|scopes)/,
});
runCorpus({ posture: 'enforced', version: '18', unknownQuestionsMax: 0, only: /^(?:renamed|whole rows|catalogs)/ });
