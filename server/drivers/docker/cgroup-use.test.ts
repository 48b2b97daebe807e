import { expect, test } from 'vitest';
import { parseCgroupPlaces, parseInterfaces } from './cgroup-use.ts';

test('where a container is counted is read in both hierarchies', () => {
  const older =
    '12:pids:/docker/abc\n5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n';
  expect(parseCgroupPlaces(older)).toMatchObject({
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct/docker/abc',
    memory: '/sys/fs/cgroup/memory/docker/abc',
  });
  expect(parseCgroupPlaces('0::/system.slice/docker-abc.scope\n')).toEqual({
    unified: '/sys/fs/cgroup/system.slice/docker-abc.scope',
    cpuacct: null,
    memory: null,
  });
});

test('traffic is summed over all interfaces but loopback', () => {
  const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     999       9    0    0    0     0          0         0      999       9    0    0    0     0       0          0
  eth0:    1000      10    0    0    0     0          0         0     2000      20    0    0    0     0       0          0
  eth1:      11       1    0    0    0     0          0         0       22       1    0    0    0     0       0          0
`;
  expect(parseInterfaces(table)).toEqual({ networkReceivedBytes: 1011, networkSentBytes: 2022 });
});
