// The versions of PostgreSQL that are too many for every test run: `node --test test/posture/matrix.e2e.ts`.

import { hardenOn } from './ward.ts';

hardenOn('14');
hardenOn('15');
hardenOn('16');
hardenOn('17');
