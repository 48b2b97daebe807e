/** Statuses of sysexits.h with which our programs say that another start would end in the same way. */

/** EX_DATAERR: what the program was given to work on, such as a model, is no good. */
export const EXIT_BAD_DATA = 65;

/** EX_CONFIG: somebody has to change a setting first. */
export const EXIT_CONFIG = 78;
