// A glass that the care team may break for ten minutes, and the privacy officers review.

import type { BreakGlass } from '../../src/core/decision.ts';

export const glass: BreakGlass = {
  subjects: { groups: ['care'], ids: [] },
  connections: ['ehr'],
  agents: false,
  obligations: { unmask: 'all', filter: 'all', rowsMax: null },
  maxMs: 600_000,
  reviewers: ['privacy'],
  reviewWithinMs: 1_000_000,
  escalate: ['board'],
};
