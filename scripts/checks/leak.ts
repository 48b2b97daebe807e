import { parseArgs } from 'node:util';
import { IDLE_UPSTREAM, measureLeaks } from './measure-leaks.ts';

/** `npm run check:leaks -- --requests 1000000`: prints heap and descriptors as requests go by; fails where either grows. */
const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000000' } } });
const report = await measureLeaks(Number(values.requests), ({ requests, heapBytes, descriptors }) => {
  process.stdout.write(
    `${String(requests).padStart(9)} requests  ${(heapBytes / 1024 / 1024).toFixed(2)} MiB  ${descriptors} descriptors\n`,
  );
});
const { bytesPerRequest, moreDescriptors, seconds } = report;
process.stdout.write(
  `${bytesPerRequest.toFixed(3)} bytes a request, ${moreDescriptors} more descriptors, ${seconds.toFixed(0)} s\n`,
);
// A leaked object costs tens of bytes each time; what is left of noise over so many requests is far less than one.
process.exitCode = bytesPerRequest < 1 && moreDescriptors <= IDLE_UPSTREAM ? 0 : 1;
