// The whole bypass corpus, inline, against the newest PostgreSQL, and a part of it enforced and with every filter granted. The
// other combinations: matrix.e2e.ts.

import { runCorpus } from './battle.ts';

runCorpus({
  posture: 'inline',
  version: '18',
  unknownQuestionsMax: 16,
  granted: /^(?:renamed|objects|scopes)/,
});
runCorpus({ posture: 'enforced', version: '18', unknownQuestionsMax: 0, only: /^(?:renamed|whole rows|catalogs)/ });
