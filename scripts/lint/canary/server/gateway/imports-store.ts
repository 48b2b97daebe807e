export { openDatabase } from '#server/store/database.ts';
