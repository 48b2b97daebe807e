import { defineConfig } from 'drizzle-kit';

/** `drizzle-kit generate --name <what it does>` writes the next migration; its SQL is read before it is committed. */
export default defineConfig({ dialect: 'sqlite', schema: './drizzle/schema', out: './drizzle/migrations' });
