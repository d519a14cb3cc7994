// chartgate harden on the newest PostgreSQL. Those before: matrix.ts.

import { hardenOn } from './ward.ts';

hardenOn('18');
