/**
 * Bundler loader for React Aria's `intlStrings.mjs` files: keeps the English dictionary and drops the other languages.
 * React Aria falls back to `en-US` for every locale it has no dictionary for.
 */
module.exports = function keepEnglishStrings(source) {
  const english = /import\s+(\S+)\s+from\s+["'](\.[^"']*en-US\.mjs)["']/.exec(source);
  if (!english) throw new Error('intlStrings.mjs has no en-US dictionary: adapt scripts/english-strings-loader.cjs');
  return `import strings from ${JSON.stringify(english[2])};\nexport default { 'en-US': strings };\n`;
};
