/** How a command ends; 0: good. */

/** The answer is no. */
export const NO = 1;
/** Of the command or of the configuration. */
export const WRONG_USE = 2;
export const NO_DAEMON = 3;
