'use client';

import { createContext, useContext } from 'react';
import { formatActor } from '#lib/format/actor.ts';

/** E-mail address of the person who is signed in; empty outside of the studio's frame. */
export const ReaderContext = createContext('');

/** Who did something, as the reader calls them. */
export function Actor({ name }: { name: string }) {
  return formatActor(name, useContext(ReaderContext));
}
