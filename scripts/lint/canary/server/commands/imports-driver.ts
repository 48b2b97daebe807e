export type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
