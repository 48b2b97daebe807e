import { describe, expect, test } from 'vitest';
import { HELP, parseArguments, UsageError } from './parse-arguments.ts';

describe('the command line of serve-local', () => {
  test('says by itself what was left out', () => {
    expect(parseArguments(['--script', 'score.py'])).toEqual({
      script: 'score.py',
      modelDir: null,
      python: null,
      conda: null,
      requirements: null,
      host: '127.0.0.1',
      port: 5001,
      reload: true,
      debugPort: null,
      debugWait: false,
    });
  });

  test.each([
    [['--debug'], 5678, false],
    [['--debug', '--debug-port', '6000'], 6000, false],
    [['--debug-wait'], 5678, true],
  ])('%j opens a debugger at %i', (args, debugPort, debugWait) => {
    expect(parseArguments(['--script', 'score.py', ...args])).toMatchObject({ debugPort, debugWait });
  });

  test('asks for nothing else when it asks for help', () => {
    expect(parseArguments(['--help'])).toBeNull();
    expect(parseArguments(['-h', '--port', 'x'])).toBeNull();
  });

  test('has every option in its help', () => {
    for (const name of [
      'script',
      'model-dir',
      'python',
      'conda',
      'requirements',
      'host',
      'port',
      'no-reload',
      'debug',
    ]) {
      expect(HELP).toContain(`--${name}`);
    }
  });

  test.each([
    [[], '--script score.py'],
    [['--script', 'a.py', '--port', '70000'], 'whole number from 0 to 65535'],
    [['--script', 'a.py', '--port', '-1'], '--port'],
    [['--script', 'a.py', '--debug-port', '0'], 'from 1 to 65535'],
    [['--script', 'a.py', '--conda', 'c.yml', '--python', 'p'], '--python and --conda exclude each other'],
    [['--scirpt', 'a.py'], "Unknown option '--scirpt'"],
    [['a.py'], "Unexpected argument 'a.py'"],
  ])('refuses %j and names the way out', (args, words) => {
    expect(() => parseArguments(args)).toThrow(UsageError);
    expect(() => parseArguments(args)).toThrow(words);
  });
});
