import NextAuth from 'next-auth';
import type { NextRequest } from 'next/server';
import { authOptions } from '#server/studio/session.ts';

interface AuthContext {
  params: Promise<{ nextauth: string[] }>;
}

function handle(request: NextRequest, context: AuthContext): Promise<Response> {
  return NextAuth(request, context, authOptions({ header: (name) => request.headers.get(name) })) as Promise<Response>;
}

export { handle as GET, handle as POST };
