// A real S3 server that enforces Object Lock: Ceph's radosgw with one monitor and one OSD in memory. Takes about 25 s to start.
// Debian: apt-get install ceph-mon ceph-osd radosgw ceph-common

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../demo/ports.ts';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

export interface Radosgw {
  readonly endpoint: string;
  /** AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of its one user. */
  readonly env: Readonly<Record<string, string>>;
  /** SIGSTOP and SIGCONT: a server that does not answer for a while. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** What to install; null when all of it is there. */
export async function missingRadosgw(): Promise<string | null> {
  for (const tool of ['/usr/bin/ceph-mon', '/usr/bin/ceph-osd', '/usr/bin/radosgw', '/usr/bin/ceph']) {
    const there = await access(tool).then(
      () => true,
      () => false,
    );
    if (!there) return 'apt-get install ceph-mon ceph-osd radosgw ceph-common';
  }
  return null;
}

export async function startRadosgw(): Promise<Radosgw> {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-ceph-'));
  for (const each of ['mon', 'osd', 'mgr', 'rgw', 'run']) await mkdir(join(directory, each));
  const [v2, v1, http] = [await freePort(), await freePort(), await freePort()];
  const [conf, keyring] = [join(directory, 'ceph.conf'), join(directory, 'keyring')];
  const monitor = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;
  const fsid = randomUUID();
  await writeFile(conf, configuration(directory, fsid, monitor, http));
  const daemons: ChildProcess[] = [];
  const daemon = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, ['-c', conf, '-f', ...args], { stdio: 'ignore' });
    daemons.push(child);
    return child;
  };
  const ceph = (...args: string[]) => run('ceph', ['-c', conf, ...args], { timeout: 60_000 });
  const stop = async (): Promise<void> => {
    for (const each of daemons.toReversed()) each.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const all = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'];
    await run('ceph-authtool', ['--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *']);
    await run('ceph-authtool', [keyring, '--gen-key', '-n', 'client.admin', ...all]);
    const map = join(directory, 'monmap');
    await run('monmaptool', ['--create', '--addv', 'a', monitor, '--fsid', fsid, map]);
    await run('ceph-mon', ['-c', conf, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring]);
    daemon('ceph-mon', '-i', 'a');
    const osd = randomUUID();
    await ceph('osd', 'new', osd);
    const caps = ['mon', 'allow profile osd', 'osd', 'allow *', 'mgr', 'allow *'];
    await appendFile(keyring, (await ceph('auth', 'get-or-create', 'osd.0', ...caps)).stdout);
    await run('ceph-osd', ['-c', conf, '-i', '0', '--mkfs', '--osd-uuid', osd]);
    await ceph('osd', 'crush', 'add-bucket', 'h0', 'host');
    await ceph('osd', 'crush', 'move', 'h0', 'root=default');
    await ceph('osd', 'crush', 'add', 'osd.0', '1.0', 'host=h0');
    daemon('ceph-osd', '-i', '0');
    const gateway = daemon('radosgw', '--id', 'admin');
    await eventually(() => isListening(http), `something listens on ${http}`);
    const user = { AWS_ACCESS_KEY_ID: 'AKTEST', AWS_SECRET_ACCESS_KEY: 'secrettest' };
    const keys = ['--access-key', user.AWS_ACCESS_KEY_ID, '--secret', user.AWS_SECRET_ACCESS_KEY];
    const make = ['user', 'create', '--uid', 'test', '--display-name', 'test', ...keys];
    await run('radosgw-admin', ['-c', conf, ...make], { timeout: 60_000 });
    return {
      endpoint: `http://127.0.0.1:${http}`,
      env: user,
      pause: () => void gateway.kill('SIGSTOP'),
      resume: () => void gateway.kill('SIGCONT'),
      stop,
    };
  } catch (error) {
    const log = await readFile(join(directory, 'client.admin.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`radosgw did not start: ${log.slice(-2_000)}`, { cause: error });
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.unref();
    socket.once('connect', () => socket.destroy());
  });
}

function configuration(directory: string, fsid: string, monitor: string, http: number): string {
  return `[global]
fsid=${fsid}
mon_host=${monitor}
auth_cluster_required=cephx
auth_service_required=cephx
auth_client_required=cephx
osd_pool_default_size=1
osd_pool_default_min_size=1
mon_allow_pool_size_one=true
osd_crush_chooseleaf_type=0
osd_objectstore=memstore
osd_class_dir=/usr/lib/x86_64-linux-gnu/rados-classes
mon_data_avail_warn=1
mon_data_avail_crit=1
memstore_device_bytes=1073741824
osd_pool_default_pg_num=4
osd_pool_default_pgp_num=4
osd_pool_default_pg_autoscale_mode=off
mon_max_pg_per_osd=1000
ms_bind_ipv4=true
public_addr=127.0.0.1
cluster_addr=127.0.0.1
run_dir=${directory}/run
log_file=${directory}/$name.log
admin_socket=${directory}/run/$name.asok
pid_file=${directory}/run/$name.pid
keyring=${directory}/keyring
mon_data=${directory}/mon
osd_data=${directory}/osd
mgr_data=${directory}/mgr
mon_warn_on_pool_no_redundancy=false
rgw_data=${directory}/rgw
rgw_frontends=beast endpoint=127.0.0.1:${http}
rgw_thread_pool_size=32
`;
}
