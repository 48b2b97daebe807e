import { AppError } from '#server/kernel/app-error.ts';

/** A name in the body is welcome as long as it says what the path says. @throws AppError `request.invalid` */
export function checkSameName(field: string, given: string | undefined, expected: string): void {
  if (given === undefined || given.toLowerCase() === expected.toLowerCase()) return;
  const path = `/${field}`;
  const message = `must be "${expected}", as in the path, or be left out`;
  throw new AppError('request.invalid', `${path} ${message}.`, { errors: [{ path, message }] });
}
