import { assert, ipV4, property } from 'fast-check';
import { expect, test } from 'vitest';
import { addressKind } from './address-kind.ts';

test.each([
  ['8.8.8.8', 'public'],
  ['172.32.0.1', 'public'],
  ['100.128.0.1', 'public'],
  ['2606:4700:4700::1111', 'public'],
  ['::ffff:8.8.8.8', 'public'],
  ['64:ff9b::808:808', 'public'],
  ['10.0.0.1', 'internal'],
  ['172.16.0.1', 'internal'],
  ['172.31.255.255', 'internal'],
  ['192.168.1.1', 'internal'],
  ['100.64.0.1', 'internal'],
  ['127.255.255.254', 'internal'],
  ['::1', 'internal'],
  ['0:0:0:0:0:0:0:1', 'internal'],
  ['fd12:3456::1', 'internal'],
  ['::ffff:127.0.0.1', 'internal'],
  ['::ffff:7f00:1', 'internal'],
  ['0:0:0:0:0:ffff:10.0.0.1', 'internal'],
  ['64:ff9b::10.0.0.1', 'internal'],
  ['64:ff9b:0:0:0:0:7f00:1', 'internal'],
  ['0.0.0.0', 'special'],
  ['169.254.169.254', 'special'],
  ['169.254.1.1', 'special'],
  ['100.100.100.200', 'special'],
  ['168.63.129.16', 'special'],
  ['192.0.0.192', 'special'],
  ['224.0.0.1', 'special'],
  ['255.255.255.255', 'special'],
  ['198.18.0.1', 'special'],
  ['::', 'special'],
  ['::127.0.0.1', 'special'],
  ['fe80::1', 'special'],
  ['fe80::1%eth0', 'special'],
  ['ff02::1', 'special'],
  ['fec0::1', 'special'],
  ['fd00:ec2::254', 'special'],
  ['2001:db8::1', 'special'],
  ['2002:7f00:1::', 'special'],
  ['2001::1', 'special'],
  ['64:ff9b:1::7f00:1', 'special'],
  ['::ffff:169.254.169.254', 'special'],
  ['64:ff9b::a9fe:a9fe', 'special'],
])('%s is %s', (ip, kind) => {
  expect(addressKind(ip)).toBe(kind);
});

test('an IPv6 address that stands for an IPv4 address is of its kind', () => {
  void assert(
    property(ipV4(), (ip) => {
      const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
      const hex = [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':');
      for (const form of [`::ffff:${ip}`, `::ffff:${hex}`, `64:ff9b::${ip}`, `64:ff9b::${hex}`]) {
        expect(addressKind(form)).toBe(addressKind(ip));
      }
    }),
  );
});
