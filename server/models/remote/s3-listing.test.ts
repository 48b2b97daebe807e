import { expect, test } from 'vitest';
import { parseListing, parseS3Error } from './s3-listing.ts';

const PAGE = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>models</Name><Prefix>iris</Prefix>
<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>
<Contents><Key>iris/a+b%2Bc/%C3%A9%26.onnx</Key><Size>12</Size><ETag>&quot;x&quot;</ETag></Contents>
<Contents>
  <Key>iris/</Key>
  <Size>0</Size>
</Contents></ListBucketResult>`;

test('a page of a listing gives keys as they are, sizes and where it goes on', () => {
  expect(parseListing(PAGE)).toEqual({
    objects: [
      { key: 'iris/a b+c/é&.onnx', sizeBytes: 12 },
      { key: 'iris/', sizeBytes: 0 },
    ],
    nextToken: 'a&b==',
  });
});

test('the last page and an empty one lead nowhere', () => {
  const empty = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
  expect(parseListing(empty)).toEqual({ objects: [], nextToken: null });
});

test.each([
  '',
  '<html><body>Sign in</body></html>',
  '<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>',
])('what is no listing is not read as one: %s', (text) => {
  expect(parseListing(text)).toBeNull();
});

test('an error gives its code', () => {
  expect(parseS3Error('<Error><Code>NoSuchBucket</Code><Message>…</Message></Error>')).toBe('NoSuchBucket');
  expect(parseS3Error('not xml')).toBe('');
});
