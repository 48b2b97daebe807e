/** What is known about the end of a program besides its status. */
export interface ExitFacts {
  code: number | null;
  signal: string | null;
  /** Why the driver itself ended it, in words, or null. */
  endedBecause: string | null;
  /** The driver ended it for its memory, or the kernel's out-of-memory killer was at work when it was killed. */
  outOfMemory: boolean;
}

/** The end of a program in words. Status 126 and 127 are the shell's for a command that cannot be run or found (POSIX, 2.8.2). */
export function describeExit(facts: ExitFacts): string {
  if (facts.endedBecause !== null) return facts.endedBecause;
  if (facts.outOfMemory) return 'killed for memory by the kernel';
  if (facts.code === 126 || facts.code === 127) return `exited with code ${facts.code}: the command could not be run`;
  if (facts.code !== null) return `exited with code ${facts.code}`;
  if (facts.signal !== null) return `killed by ${facts.signal}`;
  return 'stopped while Viridian was not watching, so its exit status is not known';
}
