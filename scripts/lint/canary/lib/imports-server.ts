export { systemClock } from '#server/kernel/clock.ts';
