import type { NextConfig } from 'next';

/** Headers of every answer that the studio itself makes. The Content-Security-Policy carries a nonce and comes from proxy.ts. */
const securityHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=(), payment=()' },
];

const config: NextConfig = {
  distDir: process.env.VIRIDIAN_NEXT_DIST_DIR ?? '.next',
  poweredByHeader: false,
  reactStrictMode: true,
  // tsc checks the whole repository on its own. Next leaves a configuration that extends another as it is.
  typescript: { ignoreBuildErrors: true, tsconfigPath: 'tsconfig.next.json' },
  turbopack: {
    root: import.meta.dirname,
    rules: {
      // React Aria ships its own words in 34 languages, about 38 KB gzip. The studio speaks English; numbers and dates still follow the locale.
      'intlStrings.mjs': { loaders: ['./scripts/english-strings-loader.cjs'] },
    },
  },
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
};

export default config;
