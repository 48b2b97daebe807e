/**
 * Why an engine does not answer and what to do about it, in sentences.
 * @param error of a connection
 */
export function explainSilence(error: unknown): string {
  const { code, address, message } = error as NodeJS.ErrnoException & { address?: string };
  const socket = address === undefined ? 'the Docker socket' : `the Docker socket ${address}`;
  if (code === 'ENOENT')
    return `The Docker engine does not answer: ${socket} is not there. Install Docker, or start it.`;
  if (code === 'EACCES' || code === 'EPERM') {
    return `This user may not open ${socket}. Add the user to the group "docker", sign in again and restart Viridian.`;
  }
  if (code === 'ECONNREFUSED') {
    return `The Docker engine does not answer: nobody listens on ${socket}. Start it (on Debian: systemctl start docker).`;
  }
  return `The Docker engine does not answer (${message}). Look at its log (on Debian: journalctl -u docker).`;
}
