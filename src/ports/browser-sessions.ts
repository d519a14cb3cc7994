// Who is signed in in a browser, for the pages of the gate. A session is known by a cookie that no script can read.

import type { Subject } from '../core/facts.ts';

export interface BrowserSession {
  readonly subject: Subject;
  /** Goes into a hidden field `csrf` of every form: no other site knows it. */
  readonly csrf: string;
}

export interface BrowserSessions {
  /** By the Cookie header. Undefined: not signed in, idle for too long, or ended. */
  of(cookieHeader: string | undefined): BrowserSession | undefined;
  /** Whether a form that was posted came from a page of this session. */
  accepts(session: BrowserSession, csrf: string | null | undefined): boolean;
  /** Where a person signs in who then goes on to this path of the gate. */
  signInPath(returnPath: string): string;
}
