/** Whether a path of a build context (relative, "/" between parts) is left out. */
export type IgnoreRules = (path: string) => boolean;

/**
 * Compiles a `.dockerignore`: one pattern a line in the syntax of Go's `filepath.Match` and `**`, "#" comments, "!" takes back, and the last
 * pattern that matches a path or a folder above it decides (Docker's reference, ".dockerignore file").
 */
export function compileDockerignore(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .flatMap((line) => compileRule(line));
  return (path) => {
    const parts = path.split('/');
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const last = rules.findLast(({ pattern }) => above.some((folder) => pattern.test(folder)));
    return last?.ignores ?? false;
  };
}

function compileRule(line: string): { pattern: RegExp; ignores: boolean }[] {
  const ignores = !line.startsWith('!');
  const cleaned = cleanPath(ignores ? line : line.slice(1).trim());
  if (cleaned === '') return [];
  return [{ pattern: new RegExp(`^${compileGlob(cleaned)}$`, 's'), ignores }];
}

/** `./a//b/../c/` is `a/c`; above the context is nothing. */
function cleanPath(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function compileGlob(glob: string): string {
  let source = '';
  for (let at = 0; at < glob.length;) {
    const token = /^(?:\*\*\/|\*\*|\*|\?|\\[^]|\[\^?(?:\\[^]|[^\]\\])+\]|[^])/.exec(glob.slice(at))?.[0] ?? '';
    source += compileToken(token);
    at += token.length;
  }
  return source;
}

function compileToken(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('[')) return token;
  const literal = token.length === 2 && token.startsWith('\\') ? token.slice(1) : token;
  return literal.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
