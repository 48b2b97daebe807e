import localFont from 'next/font/local';

// The Latin subsets are preloaded from here; globals.css brings the other subsets, which load when a character needs them.
const geist = localFont({
  src: '../node_modules/@fontsource-variable/geist/files/geist-latin-wght-normal.woff2',
  weight: '100 900',
  display: 'swap',
  variable: '--font-geist',
  adjustFontFallback: 'Arial',
});

const geistMono = localFont({
  src: '../node_modules/@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2',
  weight: '100 900',
  display: 'swap',
  variable: '--font-geist-mono',
  preload: false,
  adjustFontFallback: false,
});

export const fontClasses = `${geist.variable} ${geistMono.variable}`;
