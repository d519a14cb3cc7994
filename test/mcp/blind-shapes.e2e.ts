// All of the shapes in each kind of message: half a minute of processor time, of which the tests spend an eighth.

import { further } from './blind/further.ts';
import { describeThroughGate } from './blind/through-gate.ts';
import { wrapped } from './blind/wrapped.ts';
import { written } from './blind/written.ts';

describeThroughGate([...written, ...wrapped, ...further], 1);
