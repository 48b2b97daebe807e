import { openValue, sealValue } from './sealed-value.ts';

/** What a sealed password is bound to, so that one copied to another registry's row does not open. */
const contextOf = (host: string): string => `registry/${host}`;

/** @param host in lower case, with its port */
export function sealRegistryPassword(masterKey: Buffer, host: string, password: string): string {
  return sealValue(masterKey, contextOf(host), password);
}

/** @throws AppError platform.internal when it was sealed with another key or for another registry */
export function openRegistryPassword(masterKey: Buffer, host: string, ciphertext: string): string {
  return openValue(masterKey, contextOf(host), ciphertext);
}
