// Runs before every script: makes node_modules match package-lock.json, then runs its arguments with a Node that can run
// the code. Works with Node 18 and nothing installed; must never import anything from node_modules.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeMajorMin = 24;

function say(line) {
  process.stderr.write(`${line}\n`);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}

/** Why node_modules is not what package-lock.json says; undefined when it is. */
function mismatch() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (!wanted) return undefined; // an installed package: npm has done this already
  if (!present) return 'nothing is installed yet';
  for (const [path, { version, integrity, optional, link }] of Object.entries(wanted)) {
    if (!path.includes('node_modules/') || link) continue;
    const found = present[path];
    // What is optional may be absent: it is for another platform.
    if (!found && optional) continue;
    if (found?.version !== version || found?.integrity !== integrity || !existsSync(join(root, path))) {
      return `${path.slice('node_modules/'.length)} is not the one in package-lock.json`;
    }
  }
  return undefined;
}

const causes = [
  [/EUSAGE/, 'package.json and package-lock.json do not agree.', 'Take both from the same commit, or run npm install.'],
  [
    /EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i,
    'The npm registry could not be reached.',
    'Check the network or proxy (npm config get registry, npm config get proxy), then run the same command again.',
  ],
  [
    /CERT|SELF_SIGNED/i,
    "The registry's TLS certificate was not accepted.",
    'Behind an inspecting proxy, set npm config cafile.',
  ],
  [
    /E401|E403|E404/,
    'The registry refused a package.',
    'Check npm config get registry: a mirror may lack it or want a login.',
  ],
  [
    /EINTEGRITY/,
    'A package arrived with other content than package-lock.json names.',
    'Run npm cache clean --force and try again.',
  ],
  [/ENOSPC/, 'The disk is full.', 'Free about 700 MB and try again.'],
  [/EACCES|EPERM|EROFS/, 'node_modules cannot be written.', `Check who owns ${root}.`],
];

function install(reason) {
  say(`Installing dependencies (${reason}). This takes a minute on a fresh clone.`);
  // The npm that called us, on the Node it runs on: ours may be about to be replaced.
  const npm = process.env['npm_execpath'];
  const [command, args] = npm ? [process.env['npm_node_execpath'] ?? process.execPath, [npm]] : ['npm', []];
  const started = Date.now();
  const child = spawn(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: !npm && process.platform === 'win32',
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    errors = (errors + chunk).slice(-20_000);
  });
  const progress = setInterval(() => say(`  … ${Math.round((Date.now() - started) / 1000)} s`), 5000);
  return new Promise((resolve) => {
    child.once('error', (error) => finish(error.code === 'ENOENT' ? 'npm was not found on the PATH.' : error.message));
    child.once('exit', (code) => finish(code === 0 ? undefined : errors));
    function finish(failure) {
      clearInterval(progress);
      if (failure === undefined) {
        say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
        return resolve(true);
      }
      const [, what, next] = causes.find(([pattern]) => pattern.test(failure)) ?? [];
      say(`\nInstalling the dependencies failed. ${what ?? 'npm ci says:'}`);
      for (const line of failure
        .trim()
        .split('\n')
        .filter((each) => !/^npm error\s+at /.test(each))
        .slice(0, 8))
        say(`  ${line}`);
      say(next ?? 'Run npm ci to see everything it says.');
      resolve(false);
    }
  });
}

function majorOf(node) {
  if (node === process.execPath) return Number(process.versions.node.split('.')[0]);
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

/** The Node that comes with node_modules, or the one running if it is new enough. */
export function suitableNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const packaged = join(
    root,
    'node_modules',
    `node-${platform}-${process.arch}`,
    'bin',
    platform === 'win' ? 'node.exe' : 'node',
  );
  if (existsSync(packaged) && majorOf(packaged) >= nodeMajorMin) return realpathSync(packaged);
  return majorOf(process.execPath) >= nodeMajorMin ? process.execPath : undefined;
}

/**
 * Where Node keeps what it has compiled, so that a start costs half the processor time (docs/reference/performance.md);
 * undefined where there is no such place. INVARIANT: Node runs what it finds there without asking who wrote it, so it lies
 * with the code itself and nobody else can write there; never in a directory for everybody, as Node's own default is.
 */
function compileCache() {
  const directory = join(root, 'node_modules', '.cache', 'chartgate');
  const isOurs = ({ uid }) => !process.getuid || uid === process.getuid();
  try {
    // Nothing is left behind in the installation of somebody else, least of all by root.
    if (!isOurs(lstatSync(root))) return undefined;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const found = lstatSync(directory);
    const closed = process.platform === 'win32' || (found.mode & 0o022) === 0;
    return found.isDirectory() && isOurs(found) && closed ? directory : undefined;
  } catch {
    return undefined; // a read-only file system
  }
}

/** Becomes `node args…`: with its stdio, its signals, its exit code. */
export function become(args) {
  const node = suitableNode();
  if (!node) {
    say(
      `Chartgate needs Node ${nodeMajorMin} or newer; this is ${process.version}, and node_modules has none for ${process.platform}-${process.arch}.`,
    );
    say(`Install Node ${nodeMajorMin} from https://nodejs.org, then run the same command again.`);
    process.exit(69);
  }
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` };
  const cache = env['NODE_COMPILE_CACHE'] ?? compileCache();
  if (cache !== undefined) env['NODE_COMPILE_CACHE'] = cache;
  // Replaces this process where that exists (Node ≥ 22.15, not Windows), so that there is nothing to forward or to orphan.
  if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...args], env);
  // The channel says nothing: that it closes, even by kill -9 of this process, tells the child to stop.
  const watch = ['--require', join(root, 'bin', 'parent-watch.cjs')];
  const child = spawn(node, [...watch, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // On a terminal Ctrl-C has reached the child already: the whole foreground group gets it.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal));
  }
  child.once('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const reason = mismatch();
  if (reason && !(await install(reason))) process.exit(69);
  if (process.argv.length > 2) become(process.argv.slice(2));
}
