// The one part of undici the gate uses, imported by its path: its index also takes the place of what Node's own fetch goes by.
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';

  const constructor: typeof Pool;
  export default constructor;
}
