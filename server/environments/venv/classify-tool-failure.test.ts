import { describe, expect, test } from 'vitest';
import { classifyToolFailure } from './classify-tool-failure.ts';

const NO_SOLUTION = 'error: No solution found when resolving dependencies\n  cause: ';

/** What uv 0.13 printed for real requirements and real faults of the network. */
const CASES: readonly [name: string, output: string, code: string, detail: RegExp][] = [
  [
    'two requirements that exclude each other',
    `${NO_SOLUTION}Because requests==2.31.0 depends on urllib3>=1.21.1,<3 and you require requests==2.31.0, we can conclude that you require urllib3>=1.21.1,<3.\n         And because you require urllib3==1.20, we can conclude that your requirements are unsatisfiable.`,
    'deployment.packages_conflict',
    /requests==2\.31\.0 and urllib3==1\.20 exclude each other\. Because requests==2\.31\.0 depends on urllib3>=1\.21\.1,<3 and you require/,
  ],
  [
    'two pins of one package',
    `${NO_SOLUTION}Because you require six==1.16.0 and six==1.17.0, we can conclude that your requirements are unsatisfiable.`,
    'deployment.packages_conflict',
    /six==1\.16\.0 and six==1\.17\.0 exclude each other\./,
  ],
  [
    'a conflict through a third package',
    `${NO_SOLUTION}Because pandas>=3.1.1 depends on numpy{python_full_version < '3.14'}>=2.0.2 and you require numpy==1.19.0, we can conclude that your requirements and pandas>=3.1.1 are incompatible.\n         And because you require pandas==3.1.1, we can conclude that your requirements are unsatisfiable.`,
    'deployment.packages_conflict',
    /numpy==1\.19\.0 and pandas==3\.1\.1 exclude each other\./,
  ],
  [
    'a name that is not on the index',
    `${NO_SOLUTION}Because nosuchpackage was not found in the package registry and you require nosuchpackage==1.0, we can conclude that your requirements are unsatisfiable.`,
    'deployment.package_not_found',
    /nosuchpackage was not found.*VIRIDIAN_PIP_EXTRA_INDEX_URLS/,
  ],
  [
    'a version that is not on the index',
    `${NO_SOLUTION}Because there is no version of six==99.0 and you require six==99.0, we can conclude that your requirements are unsatisfiable.`,
    'deployment.package_not_found',
    /no version of six==99\.0/,
  ],
  [
    'a range that nothing is in',
    `${NO_SOLUTION}Because only numpy<=2.5.5 is available and you require numpy>=3, we can conclude that your requirements are unsatisfiable.`,
    'deployment.package_not_found',
    /only numpy<=2\.5\.5 is available/,
  ],
  [
    'an address with nothing behind it',
    'error: Failed to download `a @ https://pypi.org/nothing/a-1.0-py3-none-any.whl`\n  cause: Failed to fetch: https://pypi.org/nothing/a-1.0-py3-none-any.whl\n  cause: HTTP status client error (404 Not Found) for url (https://pypi.org/nothing/a-1.0-py3-none-any.whl)',
    'deployment.package_not_found',
    /There is nothing at https:\/\/pypi\.org\/nothing\/a-1\.0-py3-none-any\.whl \(404 Not Found\)/,
  ],
  [
    'a Python that the package is not for',
    `${NO_SOLUTION}Because the current Python version (3.8.18) does not satisfy Python>=3.11 and numpy==2.4.6 depends on Python>=3.11, we can conclude that numpy==2.4.6 cannot be used.\n         And because you require numpy==2.4.6, we can conclude that your requirements are unsatisfiable.`,
    'deployment.python_unavailable',
    /does not satisfy Python>=3\.11/,
  ],
  [
    'a Python that the package has no wheels for',
    `${NO_SOLUTION}Because tensorflow==2.8.0 has no wheels with a matching Python ABI tag (e.g., \`cp311\`) and you require tensorflow==2.8.0, we can conclude that your requirements are unsatisfiable.\n\nhint: You require CPython 3.11 (\`cp311\`), but we only found wheels for \`tensorflow\` (v2.8.0) with the following Python ABI tags: \`cp37m\`, \`cp38\`, \`cp39\`, \`cp310\``,
    'deployment.python_unavailable',
    /tensorflow==2\.8\.0 has no wheels.*`cp310`/,
  ],
  [
    'a refused connection',
    'error: Request failed after 3 retries in 9.0s\n  cause: Failed to fetch: http://127.0.0.1:9/simple/six/\n  cause: error sending request for url (http://127.0.0.1:9/simple/six/)\n  cause: client error (Connect)\n  cause: tcp connect error\n  cause: Connection refused (os error 111)',
    'deployment.packages_unreachable',
    /^http:\/\/127\.0\.0\.1:9\/simple\/six\/ cannot be reached \(Connection refused \(os error 111\)\)/,
  ],
  [
    'a name without an address',
    'error: Request failed after 3 retries in 8.2s\n  cause: Failed to fetch: http://me:secret@nosuch.invalid/simple/six/\n  cause: error sending request for url (http://nosuch.invalid/simple/six/)\n  cause: client error (Connect)\n  cause: dns error\n  cause: error resolving DNS\n  cause: failed to lookup address information: Name or service not known',
    'deployment.packages_unreachable',
    /^http:\/\/nosuch\.invalid\/simple\/six\/ cannot be reached \(failed to lookup/,
  ],
  [
    'a certificate that nobody trusts',
    'error: Failed to fetch: https://pypi.org/simple/six/\n  cause: error sending request for url (https://pypi.org/simple/six/)\n  cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer',
    'deployment.packages_unreachable',
    /not trusted \(UnknownIssuer, https:\/\/pypi\.org\/simple\/six\/\).*VIRIDIAN_EXTRA_CA_FILE/,
  ],
  [
    'a proxy that does not answer',
    'error: Request failed after 3 retries in 4.3s\n  cause: Failed to fetch: https://pypi.org/simple/six/\n  cause: error sending request for url (https://pypi.org/simple/six/)\n  cause: client error (Connect)\n  cause: tunnel error: failed to create underlying connection\n  cause: tcp connect error\n  cause: Connection refused (os error 111)',
    'deployment.packages_unreachable',
    /The proxy does not connect us to https:\/\/pypi\.org.*VIRIDIAN_HTTPS_PROXY/,
  ],
  [
    'an index that wants a password',
    `${NO_SOLUTION}Because six was not found in the package registry and you require six, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL (http://127.0.0.1:1/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)`,
    'deployment.packages_unreachable',
    /refuses us: http:\/\/127\.0\.0\.1:1\/simple answered 401 Unauthorized/,
  ],
  [
    'an index that forbids',
    `${NO_SOLUTION}Because six was not found in the package registry and you require six, we can conclude that your requirements are unsatisfiable.\n\nhint: An index (http://127.0.0.1:1/simple) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.`,
    'deployment.packages_unreachable',
    /answered 403 Forbidden/,
  ],
  [
    'an index that is down',
    'error: Request failed after 1 retry in 1.0s\n  cause: Failed to fetch: http://127.0.0.1:1/simple/six/\n  cause: HTTP status server error (503 Service Unavailable) for url (http://127.0.0.1:1/simple/six/)',
    'deployment.packages_unreachable',
    /503 Service Unavailable/,
  ],
  [
    'a package whose source does not build',
    "error: Failed to build `sklearn==0.0.post12`\n  cause: The build backend returned an error\n  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)\n\n         [stderr]\n         The 'sklearn' PyPI package is deprecated, use 'scikit-learn'\n         rather than 'sklearn' for pip commands. \n\nhint: `sklearn` is often confused for `scikit-learn`. Did you mean to install `scikit-learn` instead?\n\nhint: Build failures usually indicate a problem with the package or the build environment",
    'deployment.build_failed',
    /^sklearn==0\.0\.post12 has no wheel.*rather than 'sklearn' for pip commands.*Did you mean to install `scikit-learn`/,
  ],
  [
    'a full disk',
    'error: Failed to install: numpy-2.4.6.whl\n  cause: failed to copy file\n  cause: No space left on device (os error 28)',
    'deployment.disk_full',
    /disk is full/,
  ],
  [
    'a repository that cannot be had',
    "error: Failed to download and build `x @ git+https://github.com/no/such`\n  cause: Git operation failed\n         fatal: unable to access 'https://github.com/no/such/': Could not resolve host: github.com",
    'deployment.packages_unreachable',
    /^https:\/\/github\.com\/no\/such cannot be reached/,
  ],
  [
    'words that nobody has foreseen',
    'thread main panicked\nat somewhere',
    'deployment.build_failed',
    /panicked at somewhere\./,
  ],
  ['silence', '', 'deployment.build_failed', /said nothing/],
];

describe('a failure of uv is told from its words', () => {
  test.each(CASES)('%s', (_name, output, code, detail) => {
    const classified = classifyToolFailure(output);
    expect(classified.code).toBe(code);
    expect(classified.detail).toMatch(detail);
    expect(classified.detail).not.toContain('secret');
    expect(classified.detail).not.toMatch(/\n| {2}/);
  });
});
