// Remembers where this process found modules, so that Node looks once for what it would find alike each time: a third of a
// start was looking. INVARIANT: it decides nothing. What it says of a module is what Node has said of its neighbour, nothing
// of it outlives the process, and no file is loaded by it that Node would not have loaded.

const { registerHooks } = require('node:module');

/**
 * What Node said, by all that its answer depends on (nodejs.org/api/esm.html#resolution-algorithm): of a name, the directory it
 * is asked for from; of a file that is named in full, the directory it lies in and its extension, which tell its format.
 */
const answers = new Map();

const fileNearby = /^\.\.?\/.*\.[cm]?[jt]s$/;

const directoryOf = (url) => url.slice(0, url.lastIndexOf('/') + 1);

function resolve(name, context, ask) {
  const { parentURL, conditions } = context;
  if (!parentURL?.startsWith('file:')) return ask(name, context);
  const by = conditions.includes('require') ? 'require' : 'import';
  if (!fileNearby.test(name)) {
    const key = `${by} ${directoryOf(parentURL)} ${name}`;
    const answer = answers.get(key) ?? { ...ask(name, context), shortCircuit: true };
    answers.set(key, answer);
    return answer;
  }
  const { href: url } = new URL(name, parentURL);
  const key = `${by} ${directoryOf(url)}*${url.slice(url.lastIndexOf('.'))}`;
  if (answers.has(key)) return { url, format: answers.get(key), shortCircuit: true };
  const answer = ask(name, context);
  // Elsewhere is a link. A format Node does not know yet depends on what is in the file.
  if (answer.url === url && (answer.format || by === 'require')) answers.set(key, answer.format);
  return answer;
}

// From Node 22.15 on; without it modules are found as ever.
registerHooks?.({ resolve });
