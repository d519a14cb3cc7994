// chartgate harden on the newest PostgreSQL. Those before: matrix.e2e.ts.

import { hardenOn } from './ward.ts';

hardenOn('18');
