import type { ErrorCode } from '#lib/contracts/error-codes.ts';

export interface ClassifiedFailure {
  code: ErrorCode;
  /** What happened, in the tool's own words where they say it best, and what to do. */
  detail: string;
}

/** Longest quotation of a tool in a sentence for people; the log has the rest. */
const MAX_QUOTE_CHARACTERS = 1200;

interface Rule {
  pattern: RegExp;
  code: ErrorCode;
  describe(output: string, match: RegExpExecArray): string;
}

/** What uv and pip say, most telling first: a full disk also breaks builds, and an index that refuses us also finds no package. */
const RULES: readonly Rule[] = [
  {
    pattern: /No space left on device|os error 28|Disk quota exceeded|os error 122/i,
    code: 'deployment.disk_full',
    describe: () => 'The disk is full. Remove environments and models that nothing uses, then try again.',
  },
  {
    pattern: /\((?:401 Unauthorized)\)|(?:401|403) (?:Unauthorized|Forbidden)|407 Proxy Authentication/,
    code: 'deployment.packages_unreachable',
    describe: (output) =>
      `The package index refuses us: ${urlIn(output)} answered ${/\d{3} [A-Z][A-Za-z ]+/.exec(output)?.[0] ?? 'with a refusal'}. Put the right user and password into the URL of VIRIDIAN_PIP_INDEX_URL or VIRIDIAN_PIP_EXTRA_INDEX_URLS.`,
  },
  {
    pattern: /HTTP status client error \((404 Not Found|410 Gone)\)/,
    code: 'deployment.package_not_found',
    describe: (output, match) =>
      `There is nothing at ${urlIn(output)} (${match[1]}). Correct the address in the requirement.`,
  },
  {
    pattern: /invalid peer certificate: (\w+)|CERTIFICATE_VERIFY_FAILED/,
    code: 'deployment.packages_unreachable',
    describe: (output, match) =>
      `The certificate of the package index is not trusted (${match[1] ?? 'verification failed'}, ${urlIn(output)}). Name the authority that signed it, often that of a proxy, in VIRIDIAN_EXTRA_CA_FILE.`,
  },
  {
    pattern: /tunnel error|ProxyError|proxy connect/i,
    code: 'deployment.packages_unreachable',
    describe: (output) =>
      `The proxy does not connect us to ${urlIn(output)} (${lastCause(output)}). Check VIRIDIAN_HTTPS_PROXY, VIRIDIAN_HTTP_PROXY and VIRIDIAN_NO_PROXY.`,
  },
  {
    pattern:
      /error sending request|dns error|Connection refused|Network is unreachable|operation timed out|HTTP status server error|Could not resolve host|NewConnectionError|Max retries exceeded|No matching distribution found for uv|Connection reset/i,
    code: 'deployment.packages_unreachable',
    describe: (output) =>
      `${urlIn(output)} cannot be reached (${lastCause(output)}). Check the network of this host, VIRIDIAN_PIP_INDEX_URL, and VIRIDIAN_HTTPS_PROXY where a proxy is needed.`,
  },
  {
    pattern: /Failed to (?:download and )?build `?([^`\n]+)`?/,
    code: 'deployment.build_failed',
    describe: (output, match) =>
      `${match[1] ?? 'A package'} has no wheel for this Python and could not be built from its source: ${quote(buildWords(output))}${hintIn(output)} Take a version that has wheels, ask for another Python, or install what the build is missing (often a compiler) on this host.`,
  },
  {
    pattern: /[Hh]ash mismatch|do not match the hash/,
    code: 'deployment.build_failed',
    describe: (output) => `A file of the index is not the one that was asked for: ${quote(solverWords(output))}`,
  },
  {
    pattern:
      /does not satisfy Python|requires Python |has no wheels with a matching (?:Python|platform)|only has wheels with the following/,
    code: 'deployment.python_unavailable',
    describe: (output) =>
      `The packages do not exist for the Python that was taken: ${quote(solverWords(output))}${hintIn(output)} Ask for another version of Python, or for other versions of the packages.`,
  },
  {
    pattern: /No solution found when resolving/,
    code: 'deployment.packages_conflict',
    describe: describeNoSolution,
  },
];

/** Tells what went wrong from the output of uv or pip. Pure. */
export function classifyToolFailure(output: string): ClassifiedFailure {
  for (const { pattern, code, describe } of RULES) {
    const match = pattern.exec(output);
    if (match === null) continue;
    const detail = describe(output, match);
    return {
      code: code === 'deployment.packages_conflict' && isMissing(output) ? 'deployment.package_not_found' : code,
      detail,
    };
  }
  return {
    code: 'deployment.build_failed',
    detail: `The environment could not be built: ${quote(lastLines(output, 5)) || 'the tool said nothing.'}`,
  };
}

/** No other package has a say: what was asked for is not there. */
function isMissing(output: string): boolean {
  const words = solverWords(output);
  return MISSING.test(words) && !/ depends on /.test(words);
}

const MISSING = /was not found in the package registry|there (?:is|are) no versions? of|only .+ (?:is|are) available/;

function describeNoSolution(output: string): string {
  const words = solverWords(output);
  if (isMissing(output)) {
    return `A package does not exist: ${quote(words)} Correct its name or version; packages of your own need VIRIDIAN_PIP_EXTRA_INDEX_URLS.${hintIn(output)}`;
  }
  const required = requirementsIn(words);
  const between = required.length < 2 ? '' : ` ${required.join(' and ')} exclude each other.`;
  return `No versions of the packages go together.${between} ${quote(words)}${hintIn(output)} Loosen or change one of them.`;
}

/** The requirements of ours that the solver names as its reasons. */
function requirementsIn(words: string): string[] {
  const given = words.replaceAll(/we can conclude that .*?(?=And because|$)/gs, '');
  const named = [...given.matchAll(/you require ((?:[^\s,]+(?:,[^\s,]+)*)(?: and (?!you\b)[^\s,]+)*)/g)];
  return [...new Set(named.flatMap(([, list]) => (list ?? '').split(' and ')))];
}

/** What uv says after "cause:", without its indentation and hints. */
function solverWords(output: string): string {
  const cause = /cause: ([\s\S]*?)(?:\n\s*\n|\nhint:|$)/.exec(output)?.[1] ?? lastLines(output, 3);
  return cause.replaceAll(/\s+/g, ' ').trim();
}

function buildWords(output: string): string {
  const stderr = /\[stderr\]\n([\s\S]*?)(?:\n\s*\n\s*hint:|\nhint:|$)/.exec(output)?.[1];
  return lastLines(stderr ?? solverWords(output), 6);
}

function hintIn(output: string): string {
  const hint = /\bhint: ([\s\S]*?)(?:\n\s*\n|$)/.exec(output)?.[1];
  return hint === undefined ? '' : ` ${quote(hint.replaceAll(/\s+/g, ' ').trim())}`;
}

function lastCause(output: string): string {
  return [...output.matchAll(/cause: (.+)/g)].at(-1)?.[1]?.trim() ?? lastLines(output, 1);
}

/** The first address in the output, without user and password. */
function urlIn(output: string): string {
  const url = /https?:\/\/[^\s`'")>,]+/.exec(output)?.[0];
  return url === undefined ? 'The package index' : url.replace(/\/\/[^/@]*@/, '//');
}

function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-count)
    .join(' ');
}

function quote(text: string): string {
  const cut = text.length > MAX_QUOTE_CHARACTERS ? `${text.slice(0, MAX_QUOTE_CHARACTERS)} …` : text;
  return cut === '' || /[.!?…]$/.test(cut) ? cut : `${cut}.`;
}
