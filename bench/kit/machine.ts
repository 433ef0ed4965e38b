import { availableParallelism, cpus, totalmem } from 'node:os';

/** Returns the properties that figures depend on, without any that identify the machine. */
export function machineFacts() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? '',
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}
